import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Engine } from '../../src/engines/index.ts'
import { SharedFeedEngine } from '../../src/platform/feed-engine.ts'

const itself = async (engine: Engine): Promise<Engine> => engine
const answers = async (engine: Engine): Promise<boolean> =>
  engine.rows('select 1').then(
    () => true,
    () => false,
  )

test('the engine of small feeds is shared while they follow each other, and closed when none does', async () => {
  await using shared = new SharedFeedEngine({ mounts: [] }, { idleMs: 50 })
  const [first, second] = await Promise.all([shared.use(itself), shared.use(itself)])
  assert.equal(first, second)
  await shared.use(async (engine) => {
    assert.equal(engine, first)
    await sleep(120)
    assert.ok(await answers(engine), 'not closed while it is used')
  })
  for (let tries = 0; tries < 100 && (await answers(first)); tries++) await sleep(20)
  assert.equal(await answers(first), false, 'closed when idle')
  const next = await shared.use(itself)
  assert.notEqual(next, first)
  assert.ok(await answers(next))
})

test('work that fails leaves the engine to others; disposing closes it', async () => {
  let kept: Engine | undefined
  {
    await using shared = new SharedFeedEngine({ mounts: [] })
    await assert.rejects(
      shared.use(() => Promise.reject(new Error('a full disk'))),
      /a full disk/,
    )
    kept = await shared.use(itself)
    assert.ok(await answers(kept))
  }
  assert.equal(await answers(kept), false)
})

test('an engine that does not open is told, and the next use tries again', async () => {
  await using shared = new SharedFeedEngine({
    mounts: [],
    objectStore: {
      endpoint: null,
      region: 'eu-west-1',
      pathStyle: true,
      accessKeyId: 'id',
      secretAccessKey: 'secret',
    },
    extensionFolder: '/nowhere',
  })
  for (let tries = 0; tries < 2; tries++)
    await assert.rejects(shared.use(itself), { code: 'NACRE_UNAVAILABLE', message: /httpfs/ })
})
