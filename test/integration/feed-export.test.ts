import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { openEngine } from '../../src/engines/index.ts'
import { SharedFeedEngine } from '../../src/platform/feed-engine.ts'
import { openFeedSource } from '../../src/platform/open-feed-source.ts'
import { rawSql } from '../../src/sql/index.ts'
import { pathOfFileUri } from '../../src/storage/index.ts'
import { eventually } from '../support/feed-world.ts'
import { exportedRows, exportPlan, writtenPlan } from '../support/export-world.ts'
import { mountSmallDisk } from '../support/small-disk.ts'
import { tempFolder } from '../support/temp-folder.ts'

/** Enough rows for threads, in a large file that is cut by rows and small ones that are taken together. */
const rowsOfFiles = [300_000, 20_000, 30_000, 10_000]
const sliceBytes = 150_000

test('the same snapshot gives the same bytes, by however many threads', async () => {
  await using folder = tempFolder()
  const plan = await writtenPlan(folder.path, rowsOfFiles)
  await using feedEngine = new SharedFeedEngine({ mounts: [] })
  await using source = openFeedSource(plan, feedEngine, { sliceBytes, threads: 4 })
  assert.ok(source.sliceCount > 3, 'several slices')
  const exported = (threads: number) =>
    exportPlan(join(folder.path, `by-${threads}`), plan, { threads, sliceBytes })
  const one = await exported(1)
  assert.ok(one.parts.length > source.sliceCount, 'a slice may become several parts')
  assert.deepEqual(await exported(2), one)
  assert.deepEqual(await exported(4), one)

  const rows = await exportedRows<{ n: number; reader: string }>(join(folder.path, 'by-4'))
  const numbers = rows.map(({ n }) => n)
  const wanted = rowsOfFiles.reduce((sum, count) => sum + count)
  assert.equal(numbers.length, wanted)
  assert.equal(new Set(numbers).size, wanted, 'each row once')
  assert.ok(rows.every(({ n, reader }) => reader === `reader number ${n % 1000}`))
  const names = await readdir(join(folder.path, 'by-4'))
  assert.deepEqual(names.toSorted(), ['manifest.json', ...one.parts.map(({ name }) => name)])
})

test('a value that Avro has no form for fails the export, naming part and field, and leaves nothing', async () => {
  await using folder = tempFolder()
  const plan = await writtenPlan(folder.path, rowsOfFiles)
  // Our own writer refuses such a value; other engines do not.
  const file = pathOfFileUri(plan.files[1]!.path)
  await using engine = await openEngine({ name: 'duckdb' })
  await engine.rows(
    rawSql(
      `copy (select * replace (case when n = 310000 then 'infinity'::date else day end as day) from '${file}') to '${file}.odd' (format parquet, field_ids {n: 1, reader: 2, day: 3, minutes: 4})`,
    ),
  )
  await rename(`${file}.odd`, file)
  await assert.rejects(exportPlan(join(folder.path, 'feeds', 'it'), plan, { threads: 2, sliceBytes }), {
    code: 'NACRE_INPUT',
    message: /^Part slice-0000\d-0000\d\.avro cannot be written: Field 'day' .*infinity/,
  })
  assert.deepEqual(await readdir(join(folder.path, 'feeds')), [])
})

test('a data file that is gone fails the export, naming the file', async () => {
  await using folder = tempFolder()
  const plan = await writtenPlan(folder.path, rowsOfFiles)
  const gone = pathOfFileUri(plan.files[2]!.path)
  await rm(gone)
  await assert.rejects(exportPlan(join(folder.path, 'feeds', 'it'), plan, { sliceBytes }), (error: Error) =>
    error.message.includes(gone),
  )
  assert.deepEqual(await readdir(join(folder.path, 'feeds')), [])
})

test('an export that is called off stops its threads and leaves nothing', async () => {
  await using folder = tempFolder()
  const plan = await writtenPlan(folder.path, [1_000_000])
  const path = join(folder.path, 'feeds', 'it')
  const stop = new AbortController()
  const exporting = exportPlan(path, plan, { threads: 2, sliceBytes, signal: stop.signal })
  const ended = assert.rejects(exporting, /no longer wanted/)
  await eventually(
    () => existsSync(join(`${path}.staged`, 'slice-00000-00000.avro')),
    'the first part has begun',
  )
  const hasThreads = (): boolean => process.getActiveResourcesInfo().includes('MessagePort')
  assert.ok(hasThreads())
  stop.abort(new Error('no longer wanted'))
  await ended
  assert.deepEqual(await readdir(join(folder.path, 'feeds')), [])
  assert.ok(!hasThreads(), 'no thread is left')
})

test('a disk that is full fails the export, and leaves nothing', async (context) => {
  const disk = await mountSmallDisk(4 * 1024 ** 2)
  if (typeof disk === 'string') return context.skip(disk)
  await using mounted = disk
  await using folder = tempFolder()
  const plan = await writtenPlan(folder.path, [1_000_000])
  await mkdir(join(mounted.path, 'feeds'))
  await assert.rejects(
    exportPlan(join(mounted.path, 'feeds', 'it'), plan, { threads: 2, sliceBytes, partBytes: 100_000_000 }),
    { code: 'NACRE_DISK_FULL', message: /^Part slice-/ },
  )
  assert.deepEqual(await readdir(join(mounted.path, 'feeds')), [])
})

test('a process that is killed while it exports leaves the whole export or none', async () => {
  await using folder = tempFolder()
  const plan = await writtenPlan(folder.path, rowsOfFiles)
  const planFile = join(folder.path, 'plan.json')
  await writeFile(planFile, JSON.stringify(plan))
  const path = join(folder.path, 'feeds', 'it')
  const wanted = await exportPlan(join(folder.path, 'wanted'), plan, { sliceBytes })
  for (const afterMs of [100, 400, 600, 800, 1000, 1300]) {
    const child = spawn(
      process.execPath,
      [join(import.meta.dirname, '../support/export-process.ts'), path, planFile],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    const ended = once(child, 'exit')
    await once(child.stdout, 'data')
    const timer = setTimeout(() => child.kill('SIGKILL'), afterMs)
    await ended
    clearTimeout(timer)
    if (existsSync(path)) assert.equal((await exportedRows(path)).length, wanted.rows)
  }
  assert.deepEqual(await exportPlan(path, plan, { sliceBytes }), wanted)
  assert.deepEqual(await readdir(join(folder.path, 'feeds')), ['it'])
})
