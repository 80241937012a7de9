import { countOf, NacreError } from '../../base/index.ts'
import type { TableDetail } from '../../server/index.ts'
import type { ApiClient } from '../api-client.ts'
import { textFlag, type CommandContext } from '../command.ts'

type Change = (client: ApiClient, name: string, context: CommandContext) => Promise<string>

/** What `nacre tables <verb> <table>` does; each gives the line that says what it did. */
export const tableVerbs: Readonly<Record<string, Change>> = {
  async rollback(client, name, context) {
    const to = textFlag(context, 'to')
    if (to === undefined)
      throw new NacreError(
        'NACRE_USAGE',
        `Say to which state: 'nacre tables rollback ${name} --to <snapshot or time>'. 'nacre tables ${name} --snapshots' lists them.`,
      )
    const before = await client.get<TableDetail>(`tables/${name}`)
    await client.send('POST', `tables/${name}/rollback`, stateOf(to))
    const { table } = await client.get<TableDetail>(`tables/${name}`)
    return `${name} is at snapshot ${table.current?.snapshotId} again, of ${table.current?.committedAt}: ${countOf(table.rows, 'row')}, before ${before.table.rows.toLocaleString('en-US')}. What was committed since stays until it expires.`
  },

  async tag(client, name, context) {
    const tag = tagOf(context)
    const at = textFlag(context, 'at')
    await client.send('POST', `tables/${name}/tags`, { tag, ...(at === undefined ? {} : stateOf(at)) })
    return `'${tag}' names ${at === undefined ? 'the current state' : `state ${at}`} of ${name}; it does not expire while the tag is there.`
  },

  async untag(client, name, context) {
    const tag = tagOf(context)
    await client.send('DELETE', `tables/${name}/refs/${encodeURIComponent(tag)}`)
    return `The tag '${tag}' of ${name} is gone; its state expires like any other.`
  },
}

/** Runs `nacre tables <verb> <table> …`. */
export async function changeTable(context: CommandContext): Promise<void> {
  const [verb, name] = context.positionals
  if (name === undefined)
    throw new NacreError('NACRE_USAGE', `Name the table: 'nacre tables ${verb} <table> …'.`)
  const done = await tableVerbs[verb!]!(await context.api(), encodeURIComponent(name), context)
  context.print(context.json ? JSON.stringify({ table: name, done }) : done)
}

/** A state as the API names it: digits are a snapshot's id, what begins with a date is a time, all else a branch or tag. */
export function stateOf(text: string): { snapshotId: string } | { asOf: string } | { ref: string } {
  if (/^\d+$/.test(text)) return { snapshotId: text }
  const time = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(time) ? { ref: text } : { asOf: new Date(time).toISOString() }
}

function tagOf({ positionals }: CommandContext): string {
  const [verb, name, tag] = positionals
  if (tag !== undefined) return tag
  throw new NacreError('NACRE_USAGE', `Name the tag: 'nacre tables ${verb} ${name} <tag>'.`)
}
