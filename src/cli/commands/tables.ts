import type { SqlAnswer, TableDetail, TableInfo } from '../../server/index.ts'
import type { Command } from '../command.ts'
import { formatAgo, formatBytes, textTable } from '../text-table.ts'
import { printAnswer } from './sql.ts'

export const tablesCommand: Command = {
  name: 'tables',
  summary: 'List tables, or show one with schema, snapshots and first rows.',
  usage: '[<table>]',
  flags: { preview: { type: 'boolean', help: 'Only the first rows.' } },
  async run({ api, positionals, flags, json, print, stdout }) {
    const client = await api()
    const [name] = positionals
    if (name === undefined) {
      const tables = await client.get<readonly TableInfo[]>('tables')
      if (json) return print(JSON.stringify(tables))
      return print(
        textTable(
          ['TABLE', 'ROWS', 'FILES', 'SIZE', 'CHANGED', 'TEAM'],
          tables.map((table) => [
            table.name,
            table.rows,
            table.files,
            formatBytes(table.sizeBytes),
            formatAgo(table.current?.committedAt ?? null),
            table.properties['nacre.team'] ?? null,
          ]),
        ),
      )
    }
    if (flags['preview'] === true) {
      const answer = await client.get<SqlAnswer>(`tables/${name}/preview?limit=20`)
      return json ? print(JSON.stringify(answer)) : printAnswer(answer, print, stdout.columns)
    }
    const { table, snapshots, writers, readers } = await client.get<TableDetail>(`tables/${name}`)
    if (json) return print(JSON.stringify({ table, snapshots, writers, readers }))
    print(
      `${table.name}: ${table.rows.toLocaleString('en-US')} rows in ${table.files} files, ${formatBytes(table.sizeBytes)}, at ${table.location}`,
    )
    print(`written by ${writers.join(', ') || '–'}; read by ${readers.join(', ') || '–'}\n`)
    const partitioned = new Map(table.spec.fields.map((field) => [field['source-id'], field.transform]))
    print(
      textTable(
        ['COLUMN', 'TYPE', 'NOTE'],
        table.schema.fields.map((field) => [
          field.name,
          typeof field.type === 'string' ? field.type : field.type.type,
          [
            field.required ? 'required' : '',
            partitioned.has(field.id) ? `partition by ${partitioned.get(field.id)!}` : '',
            field.doc ?? '',
          ]
            .filter((note) => note !== '')
            .join('; '),
        ]),
      ),
    )
    print('')
    print(
      textTable(
        ['SNAPSHOT', 'WHEN', 'OPERATION', 'ADDED ROWS', 'TOTAL ROWS'],
        snapshots
          .slice(0, 10)
          .map(({ snapshotId, committedAt, summary }) => [
            snapshotId,
            formatAgo(committedAt),
            summary['operation'] ?? null,
            Number(summary['added-records'] ?? 0),
            Number(summary['total-records'] ?? 0),
          ]),
      ),
    )
  },
}
