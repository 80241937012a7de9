import type { DataFile, Field, IcebergType, ScanPlan, Schema, WriteTarget } from '../../src/tables/index.ts'

/** A column of a test's table; `!` before the name makes it required. */
export type TestColumns = Readonly<Record<string, IcebergType>>

/** A schema with ids counted from 1 in the order of the columns; give nested types ids from 100. */
export function schemaOf(columns: TestColumns, schemaId = 0): Schema {
  const fields = Object.entries(columns).map(([key, type], index): Field => {
    const required = key.startsWith('!')
    return { id: index + 1, name: required ? key.slice(1) : key, required, type }
  })
  return { type: 'struct', 'schema-id': schemaId, fields }
}

/** A target for the files of a test's table below `folder`; `partitionBy` holds texts such as `day(at)` and `identity(kind)`. */
export function targetOf(
  folder: string,
  columns: TestColumns,
  options: { table?: string; partitionBy?: readonly string[]; sortBy?: readonly string[] } = {},
): WriteTarget {
  const schema = schemaOf(columns)
  return {
    table: options.table ?? 'test.rows',
    tableUuid: '00000000-0000-7000-8000-000000000000',
    schema,
    spec: {
      'spec-id': 0,
      fields: (options.partitionBy ?? []).map((text, index) => {
        const [, transform, column] = /^(\w+)\((\w+)\)$/.exec(text)!
        const source = schema.fields.find(({ name }) => name === column)!
        return {
          'source-id': source.id,
          'field-id': 1000 + index,
          name: transform === 'day' ? `${column}_day` : column!,
          transform: transform!,
        }
      }),
    },
    sortBy: options.sortBy ?? [],
    dataLocation: `file://${folder}/data`,
  }
}

/** The plan that reads files just written, as the snapshot after their commit would give it. */
export function planOf(
  target: WriteTarget,
  files: readonly DataFile[],
  schema: Schema = target.schema,
): ScanPlan {
  return {
    table: target.table,
    tableUuid: target.tableUuid,
    snapshotId: '1',
    schema,
    fileSchemas: [target.schema],
    files: files.map((file) => ({ ...file, schemaId: target.schema['schema-id'] })),
  }
}
