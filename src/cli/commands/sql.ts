import { text } from 'node:stream/consumers'
import { countOf, NacreError } from '../../base/index.ts'
import type { SqlAnswer } from '../../server/index.ts'
import { textFlag, type Command } from '../command.ts'
import { formatDuration, textTable } from '../text-table.ts'

export const sqlCommand: Command = {
  name: 'sql',
  summary: 'Run a query over the current snapshots.',
  usage: '<query>',
  help: "One SELECT in DuckDB's dialect; tables by their full names. '-' reads the query from standard input.",
  flags: {
    limit: { type: 'string', value: 'N', help: 'Most rows to print, default 1000.' },
    csv: { type: 'boolean', help: 'Print CSV (RFC 4180).' },
  },
  async run(context) {
    const [given] = context.positionals
    if (given === undefined)
      throw new NacreError(
        'NACRE_USAGE',
        `Give a query: nacre sql "select count(*) from metrics.engagement".`,
      )
    const sql = given === '-' ? await text(process.stdin) : context.positionals.join(' ')
    const limit = Number(textFlag(context, 'limit') ?? 1000)
    const client = await context.api()
    const answer = await client.send<SqlAnswer>('POST', 'sql', { sql, limit }).catch((error: unknown) => {
      throw hintAtPastStates(error, sql)
    })
    if (context.json) return context.print(JSON.stringify(answer))
    if (context.flags['csv'] === true) {
      const cell = (value: unknown): string => {
        const plain = showValue(value) ?? ''
        return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain
      }
      context.print(answer.columns.map(({ name }) => cell(name)).join(','))
      for (const row of answer.rows) context.print(row.map(cell).join(','))
      return
    }
    printAnswer(answer, context.print)
  },
}

/** `at (version => 1)`, `for version as of 1`, `timestamp as of '…'`: how other engines ask for a past state. */
const timeTravel = /\bat\s*\(\s*(version|timestamp)\b|\b(version|timestamp|system_time)\s+as\s+of\b/i

/** Queries read current snapshots; says how a past one is read to whom tried that in SQL. */
function hintAtPastStates(error: unknown, sql: string): unknown {
  if (!(error instanceof NacreError) || error.code !== 'NACRE_SQL' || !timeTravel.test(sql)) return error
  return new NacreError(
    error.code,
    `${error.message}\nRead a past state with 'nacre tables <table> --preview --at <snapshot, time or tag>'.`,
    { details: error.details, cause: error },
  )
}

/** Prints rows as a table with a line on what they come from. */
export function printAnswer(answer: SqlAnswer, print: (line: string) => void, _columns?: number): void {
  print(
    textTable(
      answer.columns.map(({ name }) => name),
      answer.rows.map((row) => row.map((value) => (typeof value === 'number' ? value : showValue(value)))),
    ),
  )
  const more = answer.truncated ? ' (more exist; raise --limit)' : ''
  print(`\n${countOf(answer.rows.length, 'row')}${more} in ${formatDuration(answer.elapsedMs)}`)
}

function showValue(value: unknown): string | null {
  if (value === null || value === undefined) return null
  return typeof value === 'object' ? JSON.stringify(value) : String(value as string | number | boolean)
}
