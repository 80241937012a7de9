import { execFileSync } from 'node:child_process'

/** URLs of all modules that importing a file of the repository, such as `src/cli/index.ts`, loads in a process of its own. */
export function loadedModules(path: string): readonly string[] {
  const script = `
    import { registerHooks } from 'node:module'
    const urls = []
    registerHooks({ load: (url, context, next) => (urls.push(url), next(url, context)) })
    await import('./${path}')
    console.log(JSON.stringify(urls))`
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
  return JSON.parse(output) as readonly string[]
}
