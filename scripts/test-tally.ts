import { createInterface } from 'node:readline'

/** How many tests ended how. */
export interface Tally {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

/**
 * Counts tests in TAP of node:test (https://testanything.org/tap-version-14-specification.html), leaves and not suites, and shows
 * only what people need: files as they end, failures with their diagnostics, skips with their reasons.
 */
export async function tally(output: NodeJS.ReadableStream, show: (line: string) => void): Promise<Tally> {
  let passed = 0
  let failed = 0
  let skipped = 0
  let diagnostics: {
    readonly indent: number
    readonly isFailure: boolean
    isSuite: boolean
    readonly title: string
    lines: string[]
  } | null = null
  const settle = (): void => {
    if (diagnostics === null) return
    const { isFailure, isSuite, title, lines } = diagnostics
    diagnostics = null
    if (isSuite) return
    if (!isFailure) return void passed++
    failed++
    show(`✖ ${title}`)
    for (const line of lines.slice(0, 60)) show(`    ${line}`)
  }
  for await (const line of createInterface({ input: output })) {
    const result = /^( *)(not )?ok \d+ - (.*?)(?: # (SKIP|TODO)(.*))?$/.exec(line)
    if (result !== null) {
      settle()
      const [, indent, not, title, directive, reason] = result
      if (directive !== undefined) {
        skipped++
        show(`– skipped: ${title!}${reason ?? ''}`)
      } else {
        diagnostics = {
          indent: indent!.length,
          isFailure: not !== undefined,
          isSuite: false,
          title: title!,
          lines: [],
        }
      }
    } else if (diagnostics !== null) {
      if (/^\s*type: '(suite)'$/.test(line)) diagnostics.isSuite = true
      if (/^\s*\.\.\.$/.test(line)) settle()
      else diagnostics.lines.push(line.slice(diagnostics.indent))
    } else if (/^# (Subtest: )?\/?.*\.test\.ts$/.test(line)) {
      show(line)
    }
  }
  settle()
  return { passed, failed, skipped }
}
