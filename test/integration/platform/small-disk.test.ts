import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { NacreError } from '../../../src/base/index.ts'
import { openDatabase } from '../../../src/database/index.ts'
import type { DoctorReport, LogPage, RunInfo } from '../../../src/server/contract.ts'
import { makeProject, nacre, startPlatformProcess, until } from '../../support/platform-process.ts'
import { freePort } from '../../support/postgres-server.ts'
import { mountSmallDisk } from '../../support/small-disk.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import {
  booksProject,
  countByDay,
  dailyOpens,
  landedIds,
  settled,
  startFeedReceiver,
  startSending,
} from './books-project.ts'

const mib = 1024 ** 2
const days = ['2026-04-01', '2026-04-02']

// A PGlite that has panicked keeps its process from ending by itself.
after(() => void setTimeout(() => process.exit(), 1000).unref())

test('PGlite on a disk without room for its log stops for good, tells everybody, and keeps what was committed', async (context) => {
  const disk = await mountSmallDisk(128 * mib)
  if (typeof disk === 'string') return context.skip(disk)
  await using _disk = disk
  const folder = join(disk.path, 'state')
  const failures: NacreError[] = []
  await using database = await openDatabase({ folder }, { onFailure: (failure) => failures.push(failure) })
  await database.query('create table kept (id int primary key, text text)')
  await disk.fill(20 * mib)
  const committed: number[] = []
  const insert = 'insert into kept values ($1, $2)'
  await Promise.allSettled(
    Array.from({ length: 2000 }, async (_, id) => {
      const row = [id, randomBytes(4000).toString('base64')]
      if (id % 2 === 0) await database.query(insert, row)
      else await database.transaction((transaction) => transaction.query(insert, row))
      committed.push(id)
    }),
  )
  assert.ok(committed.length < 2000, 'the disk never became full')
  assert.equal(failures.length, 1)
  assert.equal(failures[0]!.code, 'NACRE_DISK_FULL')
  assert.match(failures[0]!.message, /can no longer be written.*No space left.*start Nacre again/)
  await assert.rejects(database.query('select 1'))
  await assert.rejects(openDatabase({ folder }), (error: NacreError) => {
    assert.equal(error.code, 'NACRE_DISK_FULL')
    assert.match(error.message, /cannot be opened: the disk has \d+ MiB left/)
    return true
  })
  disk.free()
  await using again = await openDatabase({ folder })
  const rows = await again.query<{ id: number }>('select id from kept order by id')
  assert.deepEqual(
    rows.map(({ id }) => id),
    committed.toSorted((a, b) => a - b),
  )
})

test('a disk that fills up: events are refused, jobs wait or fail with the reason, and all goes on with space', async (context) => {
  const disk = await mountSmallDisk(320 * mib)
  if (typeof disk === 'string') return context.skip(disk)
  await using _disk = disk
  await using folder = tempFolder()
  await makeProject(folder.path, booksProject)
  await using receiver = await startFeedReceiver()
  const go = join(folder.path, 'go')
  await using platform = await startPlatformProcess(folder.path, {
    environment: { ...receiver.environment, JOB_GO: go },
    args: ['--state-folder', join(disk.path, 'nacre')],
  })
  const { api } = platform
  using sender = startSending({ name: 'a', url: platform.collectorUrl, writeKey: platform.writeKey, days })
  await until(async () => sender.acked.size > 50 || null)
  const { run: late } = await api.send<{ run: RunInfo }>('POST', 'jobs/books/late/run', {})
  await until(async () => {
    const { lines } = await api.get<LogPage>(`runs/${late.id}/logs`)
    return lines.some(({ message }) => message === 'begun') || null
  })

  // Little is left: nothing new is taken on.
  await disk.fill(40 * mib)
  const refusal = await until(async () => sender.refusals.get(429) ?? null)
  assert.match(refusal.body, /The disk of .* has \d+ MiB left\. Free some space/)
  assert.ok(Number(refusal.retryAfter) > 0)
  await api.send('POST', 'jobs/books/count/run', { days })
  // A run that was due already waits too; the days asked for are then its followers'.
  await until(async () => {
    const [newest] = await api.get<RunInfo[]>('runs?job=count&limit=1')
    return newest?.state === 'queued' || null
  })
  const { checks } = await api.get<DoctorReport>('doctor')
  assert.equal(checks.find(({ name }) => name === 'disk')!.ok, false)

  // Nothing is left: a job that has begun cannot write, and no half of it is seen.
  await disk.fill(0)
  await writeFile(go, '')
  const failed = await until(async () => {
    const run = await api.get<RunInfo>(`runs/${late.id}`)
    return run.state === 'running' ? null : run
  })
  assert.equal(failed.state, 'retrying')
  assert.match(failed.error!.message, /disk is full/i)
  assert.deepEqual(await platform.sql('select count(*) from x.late'), [[0]])
  assert.ok((await landedIds(platform)).length > 0)

  disk.free()
  const before = sender.acked.size
  await until(async () => sender.acked.size > before + 20 || null)
  await sender.stop()
  assert.deepEqual([...sender.refusals.keys()], [429])
  await until(async () => ((await api.get<RunInfo>(`runs/${late.id}`)).state === 'succeeded' ? true : null))
  await settled(platform)
  assert.deepEqual(await platform.sql('select count(*), count(distinct n) from x.late'), [[300_000, 300_000]])
  assert.deepEqual(await landedIds(platform), [...sender.acked.keys()].toSorted())
  assert.deepEqual(await dailyOpens(platform), countByDay(sender.acked.values()))
  assert.equal((await platform.kill('SIGTERM')).code, 0)
})

test('a platform whose state has no room to go on ends with the reason; started again with space it has everything', async (context) => {
  const disk = await mountSmallDisk(256 * mib)
  if (typeof disk === 'string') return context.skip(disk)
  await using _disk = disk
  await using folder = tempFolder()
  await makeProject(folder.path, booksProject)
  await using receiver = await startFeedReceiver()
  const stateFolder = join(disk.path, 'nacre')
  const port = String(await freePort())
  const args = ['--state-folder', stateFolder, '--collector-port', port]
  const start = () => startPlatformProcess(folder.path, { environment: receiver.environment, args })
  await using first = await start()
  using sender = startSending({ name: 'a', url: first.collectorUrl, writeKey: first.writeKey, days })
  await until(async () => sender.acked.size > 50 || null)
  assert.equal((await first.kill('SIGTERM')).code, 0)
  await advanceLog(join(stateFolder, 'state'))

  await using second = await start()
  const before = sender.acked.size
  await until(async () => sender.acked.size > before + 50 || null)
  // Room enough for rows, but not for another segment of the log.
  await disk.fill(12 * mib)
  const askForYear = (year: number): Promise<unknown> => {
    const day = (index: number): string => new Date(Date.UTC(year, 0, 1 + index)).toISOString().slice(0, 10)
    return second.api.send('POST', 'jobs/books/never/run', {
      days: Array.from({ length: 365 }, (_, index) => day(index)),
    })
  }
  const asked = Array.from({ length: 90 }, (_, index) => askForYear(2001 + index))
  await assert.rejects(Promise.all(asked), 'the log never needed a new segment')
  assert.equal(await second.ended, 6)
  assert.match(
    second.output(),
    /nacre: The state in .* can no longer be written.*No space left.*start Nacre again/,
  )

  const refused = await nacre(folder.path, ['up', '--port', '0', ...args], receiver.environment)
  assert.equal(refused.code, 6)
  assert.match(refused.stderr, /cannot be opened: the disk has \d+ MiB left, and 32 MiB are needed/)

  disk.free()
  await using third = await start()
  await sender.stop()
  const counted = JSON.stringify(countByDay(sender.acked.values()))
  await until(async () => JSON.stringify(await dailyOpens(third)) === counted || null)
  assert.deepEqual(await landedIds(third), [...sender.acked.keys()].toSorted())
})

/** Writes to the log of a state until it has used two thirds of its segment; after three quarters PostgreSQL would make the next in advance. */
async function advanceLog(folder: string): Promise<void> {
  await using state = await openDatabase({ folder })
  const [row] = await state.query<{ used: bigint }>(
    `select (pg_current_wal_lsn() - '0/0')::int8 % ${16 * mib} as used`,
  )
  const message = 11 * mib - Number(row!.used)
  if (message > 0)
    await state.query("select pg_logical_emit_message(false, 'test', repeat('x', $1))", [message])
}
