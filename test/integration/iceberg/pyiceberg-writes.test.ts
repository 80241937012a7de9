import assert from 'node:assert/strict'
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { until } from '../../support/platform-process.ts'
import { noPython, pyiceberg } from '../../support/python.ts'
import { foundBy, icebergWorld, type Found } from './iceberg-world.ts'

const config = `import { app, job, on, sql, table } from 'nacre'
const inbox = table('jobs.inbox', { columns: { n: 'long' } })
const sums = table('jobs.sums', { columns: { total: 'long' } })
export default app('x', { team: 'red', jobs: [
  job('sum', { trigger: on(inbox), reads: { inbox }, writes: { sums }, async run({ reads, writes }) {
    await writes.sums.replace(sql\`select cast(sum(n) as bigint) as total from \${reads.inbox}\`)
  } }),
] })
`

/** Beginning of every program. */
const begin = `${pyiceberg}${foundBy}
import pyarrow as pa, datetime as dt, decimal, uuid
from pyiceberg.schema import Schema
from pyiceberg.types import *
from pyiceberg.partitioning import PartitionSpec, PartitionField
from pyiceberg.transforms import *
def rows(table, sql): return found(catalog.load_table(table).scan().to_arrow(), sql)
def show(**result): print(json.dumps(result, default=str))
`

describe('PyIceberg writes through the catalog, Nacre reads', { skip: noPython }, () => {
  const world = icebergWorld({ 'nacre.config.ts': config })

  test('every type, nested too, nulls and extremes', async () => {
    const found = await world.python<Found>(`${begin}
catalog.create_namespace('types')
schema = Schema(
  NestedField(1, 'id', LongType(), required=True), NestedField(2, 'flag', BooleanType()), NestedField(3, 'small', IntegerType()),
  NestedField(4, 'f', FloatType()), NestedField(5, 'd', DoubleType()), NestedField(6, 'price', DecimalType(38, 9)),
  NestedField(7, 'day', DateType()), NestedField(8, 'tod', TimeType()), NestedField(9, 'ts', TimestampType()),
  NestedField(10, 'tstz', TimestamptzType()), NestedField(11, 'text', StringType()), NestedField(12, 'key', UUIDType()),
  NestedField(13, 'raw', BinaryType()), NestedField(14, 'code', FixedType(4)),
  NestedField(15, 'home', StructType(NestedField(20, 'city', StringType()), NestedField(21, 'at', StructType(NestedField(22, 'x', DoubleType()), NestedField(23, 'y', DoubleType()))))),
  NestedField(16, 'tags', ListType(30, StringType(), element_required=False)),
  NestedField(17, 'marks', MapType(40, StringType(), 41, IntegerType(), value_required=False)),
  NestedField(18, 'visits', ListType(50, StructType(NestedField(51, 'at', TimestampType()), NestedField(52, 'pages', ListType(53, IntegerType()))))),
  identifier_field_ids=[1])
t = catalog.create_table('types.everything', schema)
assert t.schema().identifier_field_ids == [1], t.schema()
utc = dt.timezone.utc
full = {'id': 2**63 - 1, 'flag': True, 'small': -2**31, 'f': 1.5, 'd': 1e300, 'price': decimal.Decimal('12345678901234567890123456789.123456789'),
  'day': dt.date(1815, 12, 10), 'tod': dt.time(23, 59, 59, 999999), 'ts': dt.datetime(1960, 1, 1, 0, 0, 0, 1), 'tstz': dt.datetime(2026, 1, 1, tzinfo=utc),
  'text': 'é漢字🐚\\n', 'key': uuid.UUID('00112233-4455-6677-8899-aabbccddeeff').bytes, 'raw': b'\\x00\\xff', 'code': b'abcd',
  'home': {'city': 'Paris', 'at': {'x': 1.0, 'y': None}}, 'tags': ['a', None, ''], 'marks': [('k', 1), ('l', None)],
  'visits': [{'at': dt.datetime(2026, 1, 1), 'pages': [1, 2]}, {'at': None, 'pages': []}]}
empty = {key: None for key in full} | {'id': -2**63}
odd = empty | {'id': 0, 'f': float('nan'), 'd': float('-inf'), 'text': '', 'raw': b'', 'tags': [], 'marks': [], 'visits': []}
t.append(pa.Table.from_pylist([full, empty, odd], schema=t.schema().as_arrow()))
columns = ', '.join(f'cast("{field.name}" as varchar)' for field in schema.fields)
print(json.dumps(rows('types.everything', f'select {columns} from t order by id')))
`)
    assert.equal(found.rows.length, 3)
    await world.agrees('types.everything', found)
  })

  test('append, overwrite by a filter, delete by a filter, upsert', async () => {
    const steps = await world.python<Found[]>(`${begin}
catalog.create_namespace('writes')
schema = pa.schema([pa.field('id', pa.int64(), False), pa.field('name', pa.string()), pa.field('amount', pa.float64())])
t = catalog.create_table('writes.t', schema)
def data(low, high, name): return pa.table({'id': range(low, high), 'name': [name] * (high - low), 'amount': [float(i) / 3 for i in range(low, high)]}, schema=schema)
steps = []
def step(): steps.append(rows('writes.t', "select cast(id as varchar), name, cast(amount as varchar) from t order by id, name"))
t.append(data(0, 50, 'a')); t.append(data(50, 100, 'b')); step()
t.delete('id >= 10 and id < 20'); step()
t.delete("name = 'b' and id > 90"); step()
t.overwrite(data(0, 5, 'c'), overwrite_filter='id < 15'); step()
t.upsert(data(3, 8, 'd'), join_cols=['id']); step()
t.overwrite(data(200, 203, 'z')); step()
t.append(data(0, 0, 'none')); step()
print(json.dumps(steps))
`)
    assert.deepEqual(
      steps.map(({ rows }) => rows.length),
      [100, 90, 81, 76, 79, 3, 3],
    )
    await world.agrees('writes.t', steps.at(-1)!)
  })

  test('columns are added, dropped, renamed, moved and widened, nested too; old files are read as the new schema', async () => {
    const steps = await world.python<Found[]>(`${begin}
catalog.create_namespace('evolves')
schema = Schema(NestedField(1, 'id', IntegerType()), NestedField(2, 'a', FloatType()), NestedField(3, 'gone', StringType()), NestedField(4, 'price', DecimalType(6, 2)),
  NestedField(5, 'home', StructType(NestedField(6, 'city', StringType()), NestedField(7, 'zip', IntegerType()))),
  NestedField(8, 'list', ListType(9, StructType(NestedField(10, 'x', IntegerType())))))
t = catalog.create_table('evolves.t', schema)
def append(*rows): t.append(pa.Table.from_pylist(list(rows), schema=t.schema().as_arrow()))
append({'id': 1, 'a': 1.5, 'gone': 'x', 'price': decimal.Decimal('1.25'), 'home': {'city': 'Paris', 'zip': 75}, 'list': [{'x': 1}, {'x': 2}]})
steps = []
def step():
    names = [field.name for field in t.schema().fields]
    columns = ', '.join(f'cast("{name}" as varchar)' for name in names)
    steps.append(rows('evolves.t', f'select {columns} from t order by id'))
with t.update_schema() as u: u.add_column('note', StringType(), doc='a note')
append({'id': 2, 'a': 2.5, 'gone': 'y', 'note': 'n'}); step()
with t.update_schema() as u: u.delete_column('gone')
with t.update_schema() as u: u.add_column('gone', LongType())
append({'id': 3, 'gone': 2**40}); step()
with t.update_schema() as u:
    u.rename_column('a', 'b'); u.move_first('note'); u.update_column('id', LongType()); u.update_column('a', DoubleType()); u.update_column('price', DecimalType(20, 2))
append({'id': 2**40, 'b': 1e300, 'price': decimal.Decimal('123456789012.25')}); step()
with t.update_schema() as u:
    u.rename_column('home.city', 'town'); u.update_column('home.zip', LongType()); u.add_column(('home', 'country'), StringType())
append({'id': 2**41, 'home': {'town': 'Lyon', 'zip': 2**40, 'country': 'FR'}}); step()
with t.update_schema() as u:
    u.rename_column('list.element.x', 'y'); u.add_column(('list', 'z'), StringType()); u.delete_column('home.zip')
append({'id': 2**42, 'list': [{'y': 3, 'z': 'three'}]}); step()
print(json.dumps(steps))
`)
    assert.deepEqual(
      steps.map(({ rows }) => rows.length),
      [2, 3, 4, 5, 6],
    )
    await world.agrees('evolves.t', steps.at(-1)!)
  })

  test('partitions by every transform, and specs that evolve', async () => {
    const result = await world.python<{ all: Found; filters: [string, Found][]; specs: number }>(`${begin}
catalog.create_namespace('parts')
schema = Schema(NestedField(1, 'id', LongType()), NestedField(2, 'name', StringType()), NestedField(3, 'at', TimestamptzType()), NestedField(4, 'day', DateType()), NestedField(5, 'n', IntegerType()))
t = catalog.create_table('parts.t', schema)
utc = dt.timezone.utc
def append(base):
    t.append(pa.Table.from_pylist([{'id': base + i, 'name': None if i == 9 else 'name-%d' % (i % 4), 'at': dt.datetime(1969, 12, 31, 22, tzinfo=utc) + dt.timedelta(hours=i * 7, days=base), 'day': dt.date(1969, 12, 30) + dt.timedelta(days=i * 40), 'n': i - 5} for i in range(10)], schema=t.schema().as_arrow()))
append(0)
changes = [
  [('name', IdentityTransform(), 'by_name')], [('at', YearTransform(), 'by_year')], [('at', MonthTransform(), 'by_month')], [('at', DayTransform(), 'by_day')],
  [('at', HourTransform(), 'by_hour')], [('day', DayTransform(), 'day_day')], [('id', BucketTransform(4), 'id_bucket')], [('name', BucketTransform(3), 'name_bucket')],
  [('name', TruncateTransform(6), 'name_trunc')], [('n', TruncateTransform(4), 'n_trunc')], [('n', IdentityTransform(), 'by_n'), ('day', MonthTransform(), 'day_month')]]
last = []
for step, fields in enumerate(changes):
    with t.update_spec() as u:
        for name in last: u.remove_field(name)
        for source, transform, name in fields: u.add_field(source, transform, name)
    last = [name for _, _, name in fields]
    append((step + 1) * 100)
sql = 'select cast(id as varchar), name, cast("at" as varchar), cast(day as varchar), cast(n as varchar) from t'
filters = []
for filter in ["name = 'name-1'", 'name is null', "at >= '1970-01-01T00:00:00+00:00'", "at < '1970-03-01T00:00:00+00:00'", "day = '1970-02-08'", 'id = 305', 'id in (1, 101, 201)', 'n < -2', "name like 'name%'", 'n = 3 and id > 500', "not (name = 'name-2')", 'n between -1 and 1']:
    if 'between' in filter: continue
    where = filter.replace('at ', '"at" ')
    filters.append([filter, found(catalog.load_table('parts.t').scan(row_filter=filter).to_arrow(), sql + ' order by id'), where])
print(json.dumps({'all': rows('parts.t', sql + ' order by id'), 'filters': [[where, found] for _, found, where in filters], 'specs': len(t.specs())}))
`)
    assert.equal(result.all.rows.length, 120)
    await world.agrees('parts.t', result.all)
    for (const [where, { sql, rows }] of result.filters)
      await world.agrees('parts.t', { sql: sql.replace('from t', `from t where ${where}`), rows })
  })

  test('branches, tags, rollback, expiry of snapshots, properties', async () => {
    const result = await world.python<Record<string, unknown>>(`${begin}
catalog.create_namespace('refs')
t = catalog.create_table('refs.t', pa.schema([('n', pa.int64())]))
def append(n, **options): t.append(pa.table({'n': [n]}), **options)
append(1); first = t.current_snapshot().snapshot_id
append(2); second = t.current_snapshot().snapshot_id
t.manage_snapshots().create_tag(first, 'one').create_branch(second, 'work').commit()
append(3, branch='work'); third = catalog.load_table('refs.t').snapshot_by_name('work').snapshot_id; append(4)
def numbers(ref=None):
    scan = t.scan(snapshot_id=t.snapshot_by_name(ref).snapshot_id) if ref else t.scan()
    return sorted(scan.to_arrow()['n'].to_pylist())
result = {'main': numbers(), 'one': numbers('one'), 'work': numbers('work')}
t.manage_snapshots().remove_branch('work').commit()
result['refs'] = sorted(catalog.load_table('refs.t').refs())
before = len(t.snapshots())
t.maintenance.expire_snapshots().by_id(third).commit()
again = catalog.load_table('refs.t')
result['expired'] = before - len(again.snapshots())
with t.transaction() as tx: tx.set_properties({'owner': 'ann', 'comment': 'x'}); tx.remove_properties('comment')
result['properties'] = {key: value for key, value in catalog.load_table('refs.t').properties.items() if key in ('owner', 'comment')}
t.manage_snapshots().rollback_to_snapshot(first).commit()
result['rolled'] = sorted(catalog.load_table('refs.t').scan().to_arrow()['n'].to_pylist())
print(json.dumps(result))
`)
    assert.deepEqual(result, {
      main: [1, 2, 4],
      one: [1],
      work: [1, 2, 3],
      refs: ['main', 'one'],
      expired: 1,
      properties: { owner: 'ann' },
      rolled: [1],
    })
    assert.deepEqual(await world.platform.sql('select cast(n as varchar) from refs.t'), [['1']])
  })

  test('four threads append at once and every row lands', async () => {
    await world.python(`${begin}
import threading
catalog.create_namespace('busy')
catalog.create_table('busy.t', pa.schema([('worker', pa.int64()), ('n', pa.int64())]), properties={'commit.retry.num-retries': '20', 'commit.retry.min-wait-ms': '20'})
failures = []
def work(worker):
    try:
        own = RestCatalog('own', uri=given['uri'], token=given['token'])
        for n in range(5): own.load_table('busy.t').append(pa.table({'worker': [worker], 'n': [n]}))
    except Exception as error: failures.append(repr(error))
threads = [threading.Thread(target=work, args=[worker]) for worker in range(4)]
[thread.start() for thread in threads]; [thread.join() for thread in threads]
assert not failures, failures
print('{}')
`)
    const rows = await world.platform.sql('select count(*), count(distinct worker * 100 + n) from busy.t')
    assert.deepEqual(rows, [[20, 20]])
  })

  test('transactions: several changes at once, and a table made with its first rows', async () => {
    const found = await world.python<{ made: Found; changed: Found }>(`${begin}
catalog.create_namespace('tx')
schema = pa.schema([('n', pa.int64())])
with catalog.create_table_transaction('tx.made', schema) as tx: tx.append(pa.table({'n': [1, 2]}))
t = catalog.create_table('tx.t', schema)
with t.transaction() as tx:
    with tx.update_schema() as u: u.add_column('text', StringType())
    tx.append(pa.table({'n': [1], 'text': ['one']})); tx.append(pa.table({'n': [2], 'text': ['two']})); tx.delete('n = 1'); tx.set_properties(owner='ann')
print(json.dumps({'made': rows('tx.made', 'select cast(n as varchar) from t order by 1'), 'changed': rows('tx.t', 'select cast(n as varchar), text from t order by 1')}))
`)
    assert.deepEqual(found.made.rows, [['1'], ['2']])
    assert.deepEqual(found.changed.rows, [['2', 'two']])
    await world.agrees('tx.made', found.made)
    await world.agrees('tx.t', found.changed)
  })

  test('namespaces, renaming, dropping, registering, purging', async () => {
    const result = await world.python<Record<string, unknown>>(`${begin}
from pyiceberg.exceptions import *
def raises(kind, work):
    try: work()
    except kind: return True
    return False
catalog.create_namespace('deep', {'owner': 'ann'}); catalog.create_namespace(('deep', 'er'))
r = {'nested': catalog.list_namespaces('deep'), 'properties': catalog.load_namespace_properties('deep')['owner']}
change = catalog.update_namespace_properties('deep', {'missing'}, {'owner': 'bob'}); r['change'] = [change.removed, change.updated, change.missing]
schema = pa.schema([('n', pa.int64())])
t = catalog.create_table(('deep', 'er', 't'), schema); t.append(pa.table({'n': [1]}))
r['exists'] = [catalog.table_exists(('deep', 'er', 't')), catalog.table_exists('deep.none')]
r['taken'] = raises(TableAlreadyExistsError, lambda: catalog.create_table(('deep', 'er', 't'), schema))
r['full'] = raises(NamespaceNotEmptyError, lambda: catalog.drop_namespace(('deep', 'er')))
catalog.rename_table(('deep', 'er', 't'), ('deep', 'u'))
r['tables'] = [catalog.list_tables(('deep', 'er')), catalog.list_tables('deep')]
r['rows'] = catalog.load_table('deep.u').scan().to_arrow()['n'].to_pylist()
place = catalog.load_table('deep.u').metadata_location
catalog.drop_table('deep.u')
r['gone'] = raises(NoSuchTableError, lambda: catalog.load_table('deep.u'))
r['registered'] = catalog.register_table('deep.again', place).scan().to_arrow()['n'].to_pylist()
t = catalog.load_table('deep.again'); data = [task.file.file_path for task in t.scan().plan_files()]
catalog.purge_table('deep.again')
r['purged'] = data
catalog.drop_namespace(('deep', 'er')); catalog.drop_namespace('deep')
r['missing'] = [raises(NoSuchNamespaceError, lambda: catalog.list_tables('deep')), raises(NoSuchNamespaceError, lambda: catalog.create_table('deep.t', schema)), catalog.namespace_exists('deep')]
print(json.dumps(r))
`)
    assert.deepEqual(result, {
      nested: [['deep', 'er']],
      properties: 'ann',
      change: [[], ['owner'], ['missing']],
      exists: [true, false],
      taken: true,
      full: true,
      tables: [[], [['deep', 'u']]],
      rows: [1],
      gone: true,
      registered: [1],
      purged: result['purged'],
      missing: [true, true, false],
    })
    for (const uri of result['purged'] as string[])
      await assert.rejects(access(join(world.stateFolder, 'warehouse', uri.replace('s3://nacre/', ''))), uri)
  })

  test('a commit through the catalog makes jobs due', async () => {
    await world.python(`${begin}
catalog.load_table('jobs.inbox').append(pa.table({'n': [20, 22]})); print('{}')`)
    const total = await until(async () => {
      const [row] = await world.platform.sql('select cast(total as varchar) from jobs.sums')
      return row ?? null
    })
    assert.deepEqual(total, ['42'])
  })
})
