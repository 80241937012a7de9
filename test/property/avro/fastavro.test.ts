import assert from 'node:assert/strict'
import { createReadStream } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  avroHeader,
  columnBlocks,
  daysOfDate,
  frameBlock,
  microsOfTime,
  microsOfTimestamp,
  readAvro,
} from '../../../src/avro/index.ts'
import { openEngine } from '../../../src/engines/index.ts'
import { rawSql } from '../../../src/sql/index.ts'
import { avroSchemaOf, type IcebergType } from '../../../src/tables/index.ts'
import { noPython, runPython } from '../../support/python.ts'
import { randomTables } from '../../support/random-tables.ts'
import { tempFolder } from '../../support/temp-folder.ts'

test('fastavro reads the columns that we write, and we read what it writes', { skip: noPython }, async () => {
  await using folder = tempFolder()
  const ours = join(folder.path, 'ours.avro')
  const theirs = join(folder.path, 'theirs.avro')
  await using engine = await openEngine({ name: 'duckdb', threads: 1 })
  await fc.assert(
    fc.asyncProperty(
      randomTables,
      fc.constantFrom('null', 'deflate'),
      async ({ schema: { fields, ...rest }, rows }, codec) => {
        const schema = { ...rest, fields }
        const avro = avroSchemaOf(schema, 'random.table')
        await engine.attachRows('input', { schema }, rows)
        const { header, sync } = avroHeader({ schema: avro, codec })
        const blocks = columnBlocks(await engine.columns(rawSql('select * from input')), {
          schema: avro,
          codec,
        })
        const framed = await Array.fromAsync(blocks, (block) => frameBlock(block, sync))
        await writeFile(ours, Buffer.concat([header, ...framed]))

        const seen = await runPython<unknown[][]>(program, { ours, theirs, codec })

        const wanted = await engine.rows<Record<string, unknown>>('select * from input')
        assert.deepEqual(
          seen,
          wanted.map((row) => fields.map(({ name, type }) => plain(type, row[name]))),
        )
        assert.deepEqual(await read(theirs), await read(ours))
      },
    ),
    { numRuns: 25 },
  )
})

async function read(path: string): Promise<unknown> {
  const batches = await Array.fromAsync(readAvro(createReadStream(path)))
  return structuredClone(
    JSON.parse(
      JSON.stringify(batches.flat(), (_key, value: unknown) =>
        typeof value === 'bigint' ? `${value}n` : typeof value === 'number' ? String(value) : value,
      ),
    ),
  )
}

/** An engine's value in the plain form into which the program brings fastavro's. */
function plain(type: IcebergType, value: unknown): unknown {
  if (value === null || value === undefined) return null
  if (typeof type === 'string') return plainPrimitive(type, value)
  switch (type.type) {
    case 'struct':
      return type.fields.map((field) => plain(field.type, (value as Record<string, unknown>)[field.name]))
    case 'list':
      return (value as unknown[]).map((item) => plain(type.element, item))
    case 'map':
      return Object.entries(value as object).map(([key, inner]) => [
        plain(type.key, type.key === 'long' ? Number(key) : key),
        plain(type.value, inner),
      ])
  }
}

function plainPrimitive(type: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  if (type === 'date') return daysOfDate(value as string)
  if (type === 'time') return microsOfTime(value as string)
  if (type.startsWith('timestamp')) return microsOfTimestamp(value as string)
  if (type === 'float' || type === 'double') {
    const bytes = Buffer.alloc(8)
    bytes.writeDoubleBE(value as number)
    return Number.isNaN(value) ? 'nan' : bytes.toString('hex')
  }
  return value
}

const program = `
import datetime, decimal, fastavro, math, struct, uuid
decimal.getcontext().prec = 60
epoch_day, epoch = datetime.date(1970, 1, 1), datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
micro = datetime.timedelta(microseconds=1)
def plain(value):
    if isinstance(value, datetime.datetime):
        return ((value if value.tzinfo else value.replace(tzinfo=datetime.timezone.utc)) - epoch) // micro
    if isinstance(value, datetime.date): return (value - epoch_day).days
    if isinstance(value, datetime.time):
        return ((value.hour * 60 + value.minute) * 60 + value.second) * 1000000 + value.microsecond
    if isinstance(value, (decimal.Decimal,)): return format(value, 'f')
    if isinstance(value, uuid.UUID): return str(value)
    if isinstance(value, bytes): return value.hex()
    if isinstance(value, float): return 'nan' if math.isnan(value) else struct.pack('>d', value).hex()
    return value
def shaped(schema, value):
    if isinstance(schema, list):
        return None if value is None else shaped([branch for branch in schema if branch != 'null'][0], value)
    kind = schema['type'] if isinstance(schema, dict) else schema
    if kind == 'record': return [shaped(field['type'], value[field['name']]) for field in schema['fields']]
    if kind == 'array': return [shaped(schema['items'], item) for item in value]
    if kind == 'map': return [[key, shaped(schema['values'], item)] for key, item in value.items()]
    return plain(value)
with open(given['ours'], 'rb') as file:
    reader = fastavro.reader(file)
    rows = list(reader)
with open(given['theirs'], 'wb') as file:
    fastavro.writer(file, reader.writer_schema, rows, codec=given['codec'], sync_interval=300)
print(json.dumps([shaped(reader.writer_schema, row) for row in rows]))
`
