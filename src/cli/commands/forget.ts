import { NacreError } from '../../base/index.ts'
import type { ErasureAnswer, ErasureInfo } from '../../server/index.ts'
import { textFlag, type Command } from '../command.ts'
import { textTable } from '../text-table.ts'
import { describeRun, followRun } from './follow-run.ts'

export const forgetCommand: Command = {
  name: 'forget',
  summary: "Erase a person's rows from every table, and prove it.",
  usage: '--user <id>',
  help: `Files are rewritten without the rows; snapshots, manifests and exports that still hold them are removed; then all that can
be read is searched for them. Concerns every table with a 'subject', the column that says whose row it is. Needs an admin's token.
Without --user the erasures so far are listed, by the hash of the user's id.`,
  flags: {
    user: { type: 'string', value: 'ID', help: 'Whom to forget: a value of the subject columns.' },
    detach: { type: 'boolean', short: 'd', help: 'Do not wait; print the run and end.' },
  },
  async run(context) {
    const { api, flags, json, print } = context
    const client = await api()
    const user = textFlag(context, 'user')
    if (user === undefined) {
      const erasures = await client.get<readonly ErasureInfo[]>('erasures')
      return print(json ? JSON.stringify(erasures) : listOf(erasures))
    }
    const { id, run } = await client.send<ErasureAnswer>('POST', 'erasures', { user })
    if (flags['detach'] === true || run === null) {
      const waits = `Erasure ${id} is asked for; see 'nacre runs --job forget'.`
      return print(json ? JSON.stringify({ id, run }) : run === null ? waits : describeRun(run))
    }
    const ended = await followRun(client, run.id, { ...context, print: json ? () => undefined : print })
    const done = (await client.get<readonly ErasureInfo[]>('erasures')).find((one) => one.id === id)
    if (ended.state !== 'succeeded' || done?.tables == null)
      throw new NacreError(
        'NACRE_JOB_FAILED',
        `The erasure is not done: ${describeRun(ended)}. It stays asked for; run 'nacre run forget' to try again.`,
      )
    if (json) return print(JSON.stringify(done))
    print(
      textTable(
        ['TABLE', 'COLUMN', 'ERASED', 'LEFT', 'SNAPSHOTS', 'FILES', 'EXPORTS'],
        done.tables.map((table) => [
          table.table,
          table.column,
          table.rows,
          table.rowsLeft,
          table.snapshotsExpired,
          table.filesRemoved,
          table.exportsRemoved,
        ]),
      ),
    )
  },
}

function listOf(erasures: readonly ErasureInfo[]): string {
  if (erasures.length === 0)
    return "Nobody was forgotten yet. 'nacre forget --user <id>' erases a person's rows."
  return textTable(
    ['ERASURE', 'USER (SHA-256)', 'ASKED', 'BY', 'FINISHED', 'ROWS'],
    erasures.map((erasure) => [
      erasure.id,
      erasure.userSha256.slice(0, 16),
      erasure.askedAt,
      erasure.askedBy,
      erasure.finishedAt,
      erasure.tables?.reduce((sum, { rows }) => sum + rows, 0) ?? null,
    ]),
  )
}
