import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createKeyRing, createWriteKey, listWriteKeys, revokeWriteKey } from '../../../src/events/index.ts'
import { migrations } from '../../../src/events/migrations.ts'
import { isWellFormedKey } from '../../../src/events/write-keys.ts'
import { databases } from '../../support/databases.ts'

for (const kind of databases) {
  describe(`write keys: ${kind.name}`, { skip: kind.skip }, () => {
    test('a key is shown once, found by its text, and not after it was revoked', async () => {
      await using database = await kind.open(migrations)
      let now = 0
      const ring = createKeyRing(database, { refreshMs: 10_000 }, { now: () => now })
      const key = await createWriteKey(database, { name: 'ios-app', team: 'mobile' })
      assert.match(key, /^wk_ios-app_[0-9a-f]{32}_[0-9a-f]{8}$/)
      assert.ok(!JSON.stringify(await database.query('select * from write_key')).includes(key))
      assert.equal(await ring.find(key), 'ios-app')
      await revokeWriteKey(database, 'ios-app')
      now = 10_000
      assert.equal(await ring.find(key), undefined)
      const [info] = await listWriteKeys(database)
      assert.equal(info?.team, 'mobile')
      assert.ok(info?.revokedAt instanceof Date)
    })

    test('a key made after the ring was read is found within a second', async () => {
      await using database = await kind.open(migrations)
      let now = 0
      const ring = createKeyRing(database, {}, { now: () => now })
      assert.equal(await ring.find('wk_x'), undefined)
      const key = await createWriteKey(database, { name: 'web' })
      assert.equal(await ring.find(key), undefined)
      now = 1000
      assert.equal(await ring.find(key), 'web')
    })

    test('wrong names, twins and unknown keys are refused', async () => {
      await using database = await kind.open(migrations)
      await createWriteKey(database, { name: 'web' })
      await assert.rejects(createWriteKey(database, { name: 'web' }), { code: 'NACRE_CONFLICT' })
      await assert.rejects(createWriteKey(database, { name: 'Web Site' }), /'Web Site' is not usable/)
      await assert.rejects(revokeWriteKey(database, 'tv'), /no write key 'tv'/)
    })
  })
}

test('a known key works on while the database does not answer', async () => {
  const [kind] = databases
  await using database = await kind!.open(migrations)
  const key = await createWriteKey(database, { name: 'web' })
  let now = 0
  let isDown = false
  const ring = createKeyRing(
    { query: (...call) => (isDown ? Promise.reject(new Error('down')) : database.query(...call)) },
    {},
    { now: () => now },
  )
  assert.equal(await ring.find(key), 'web')
  isDown = true
  now = 60_000
  assert.equal(await ring.find(key), 'web')
  await assert.rejects(ring.find('wk_other'), /down/)
})

test('a mistyped key is not well formed', async () => {
  const [kind] = databases
  await using database = await kind!.open(migrations)
  const key = await createWriteKey(database, { name: 'web' })
  assert.ok(isWellFormedKey(key))
  for (let at = 3; at < key.length; at += 1) {
    const other = key[at] === 'a' ? 'b' : 'a'
    assert.ok(!isWellFormedKey(key.slice(0, at) + other + key.slice(at + 1)), `changed at ${at}`)
  }
  assert.ok(!isWellFormedKey(key.slice(0, -1)))
})
