import { createInterface } from 'node:readline'

/** How many tests ended how. */
export interface Tally {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

/** One result of the output, with its diagnostics: lines of YAML between `---` and `...`, two spaces in. */
interface Result {
  readonly indent: string
  readonly isFailure: boolean
  readonly title: string
  /** `SKIP` or `TODO`, with the reason. */
  readonly directive: string | null
  /** A suite, or a test of tests: what ran inside was counted already. */
  isParent: boolean
  /** Null before `---`. */
  lines: string[] | null
}

/**
 * Counts tests in TAP of node:test (https://testanything.org/tap-version-14-specification.html), leaves and not suites, and shows
 * only what people need: files as they end, failures with their diagnostics, skips with their reasons. What is to be done counts as skipped.
 */
export async function tally(output: NodeJS.ReadableStream, show: (line: string) => void): Promise<Tally> {
  const counts = { passed: 0, failed: 0, skipped: 0 }
  let result: Result | null = null
  let endedInside = ''
  const settle = (): void => {
    if (result === null) return
    const { indent, isFailure, isParent, title, directive } = result
    const lines = (result.lines ?? []).map((line) => line.slice(indent.length))
    result = null
    if (directive !== null) {
      counts.skipped++
      return show(`– skipped: ${title} ${directive}`.trimEnd())
    }
    // A parent fails by its children, which were counted, or by its own code or hooks.
    if (isParent && (!isFailure || lines.includes("  failureType: 'subtestsFailed'"))) return
    if (!isFailure) return void counts.passed++
    counts.failed++
    show(`✖ ${title}`)
    for (const line of lines.slice(0, 60)) show(`    ${line}`)
  }
  for await (const line of createInterface({ input: output })) {
    if (result?.lines) {
      // Nothing inside the diagnostics is a result, whatever it looks like.
      if (line === `${result.indent}  ...`) settle()
      else {
        if (line === `${result.indent}  type: 'suite'`) result.isParent = true
        result.lines.push(line)
      }
      continue
    }
    if (result !== null && line === `${result.indent}  ---`) {
      result.lines = []
      continue
    }
    const [, indent, not, title, directive, reason]: readonly (string | undefined)[] =
      /^( *)(not )?ok \d+ - (.*?)(?: # (SKIP|TODO)(.*))?$/.exec(line) ?? []
    if (indent !== undefined) {
      settle()
      result = {
        indent,
        isFailure: not !== undefined,
        title: title!.replaceAll('\\#', '#'),
        directive: directive === undefined ? null : reason!.trim(),
        isParent: endedInside === `${indent}    `,
        lines: null,
      }
      endedInside = ''
    }
    // The plan ends a level; the result of the test it is inside of follows.
    endedInside = /^( +)1\.\.\d+$/.exec(line)?.[1] ?? endedInside
    if (/^# (Subtest: )?\/?.*\.test\.ts$/.test(line)) show(line)
  }
  settle()
  return counts
}
