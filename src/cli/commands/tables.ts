import type { Command, CommandContext } from '../command.ts'
import type { TableList } from '../../server/index.ts'
import { formatAgo, formatBytes, textTable } from '../text-table.ts'
import { changeTable, tableVerbs } from './change-table.ts'
import { notesOf, showTable, tableViews } from './show-table.ts'

export const tablesCommand: Command = {
  name: 'tables',
  summary: 'List tables, show one from every side, roll it back, tag a state.',
  usage: '[<table>] | rollback <table> --to STATE | tag <table> <tag> | untag <table> <tag>',
  help: [
    'A STATE is a snapshot id, or a time such as 2026-01-05T12:00:00Z: what was current then. Without a flag, one table is shown in short.',
    'Rolling back deletes nothing: what was committed since stays until it expires, and can be rolled to again.',
  ].join('\n'),
  flags: {
    ...Object.fromEntries(
      Object.entries(tableViews).map(([name, { help }]) => [name, { type: 'boolean', help }] as const),
    ),
    at: {
      type: 'string',
      value: 'STATE',
      help: 'With --preview, --files, tag: the state meant; a tag works too.',
    },
    to: { type: 'string', value: 'STATE', help: 'With rollback: the state to go back to.' },
    all: { type: 'boolean', help: 'Everything, where otherwise the first 50 are shown.' },
  },
  async run(context) {
    const [first] = context.positionals
    if (first === undefined) return listTables(context)
    return first in tableVerbs ? changeTable(context) : showTable(context, first)
  },
}

async function listTables({ api, json, print }: CommandContext): Promise<number> {
  const list = await (await api()).get<TableList>('tables')
  if (json) print(JSON.stringify(list))
  else {
    print(
      textTable(
        ['TABLE', 'ROWS', 'FILES', 'SIZE', 'CHANGED', 'OWNER', 'NOTE'],
        list.tables.map((table) => [
          table.name,
          table.rows,
          table.files,
          table.sizeBytes === null ? null : formatBytes(table.sizeBytes),
          formatAgo(table.changed?.committedAt ?? null),
          table.owner ?? table.team,
          notesOf(table).join(', '),
        ]),
      ),
    )
    for (const { name, problem, metadataLocation } of list.broken)
      print(`\n${name} cannot be read: ${problem}\n  its metadata file is ${metadataLocation}`)
  }
  return list.broken.length === 0 ? 0 : 1
}
