import assert from 'node:assert/strict'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { ensureAdminToken } from '../../../src/platform/local-files.ts'
import { requireRole, Tokens, tokenMigrations } from '../../../src/platform/tokens.ts'
import { databases } from '../../support/databases.ts'
import { manualClock } from '../../support/job-world.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const start = '2026-01-05T10:00:00Z'
const day = 86_400_000
const ann = { name: 'ann', role: 'editor', team: 'growth' } as const

for (const kind of databases) {
  describe(`tokens on ${kind.name}`, { skip: kind.skip }, () => {
    test('a secret authenticates its token, and is not stored', async () => {
      await using database = await kind.open(tokenMigrations)
      const tokens = new Tokens(database, manualClock(start))
      const { secret } = await tokens.create(ann)
      assert.match(secret, /^nacre_[\w-]{43}$/)
      assert.deepEqual(await tokens.authenticate(secret), ann)
      for (const wrong of ['', 'nacre_', `${secret}x`, secret.toUpperCase()])
        assert.equal(await tokens.authenticate(wrong), null)
      const stored = JSON.stringify(await database.query('select * from token'))
      assert.ok(!stored.includes(secret.slice('nacre_'.length)))
    })

    test('tokens are listed in order of making, with when they were used', async () => {
      await using database = await kind.open(tokenMigrations)
      const clock = manualClock(start)
      const tokens = new Tokens(database, clock)
      const { secret, id } = await tokens.create(ann)
      clock.advance(1000)
      await tokens.create({ name: 'admin', role: 'admin', team: null })
      clock.advance(1000)
      await tokens.authenticate(secret)
      const [first, second] = await tokens.list()
      assert.deepEqual(first, {
        id,
        ...ann,
        createdAt: '2026-01-05T10:00:00.000Z',
        lastUsedAt: '2026-01-05T10:00:02.000Z',
      })
      assert.deepEqual([second!.name, second!.team, second!.lastUsedAt], ['admin', null, null])
    })

    test('a name is taken once, also by two at once', async () => {
      await using database = await kind.open(tokenMigrations)
      const tokens = new Tokens(database)
      const made = await Promise.allSettled([tokens.create(ann), tokens.create(ann), tokens.create(ann)])
      assert.equal(made.filter(({ status }) => status === 'fulfilled').length, 1)
      await assert.rejects(tokens.create({ ...ann, role: 'viewer' }), {
        code: 'NACRE_CONFLICT',
        message: /'ann' exists already\. Revoke it first/,
      })
    })

    test('a revoked token is nobody at once, with its sessions and sign-in codes, and its name is free', async () => {
      await using database = await kind.open(tokenMigrations)
      const tokens = new Tokens(database)
      const { secret } = await tokens.create(ann)
      const session = await tokens.openSession({ token: secret })
      const code = await tokens.createSignInCode('ann')
      assert.deepEqual(await tokens.authenticate(secret), ann)
      assert.deepEqual(await tokens.authenticate(session.secret), ann)
      await tokens.revoke('ann')
      assert.equal(await tokens.authenticate(secret), null)
      assert.equal(await tokens.authenticate(session.secret), null)
      await assert.rejects(tokens.openSession({ code }), { code: 'NACRE_NOT_SIGNED_IN' })
      await assert.rejects(tokens.revoke('ann'), { code: 'NACRE_NOT_FOUND' })
      await tokens.create(ann)
      assert.equal(await tokens.authenticate(secret), null)
    })

    test('a sign-in code opens one session, also when two try at once', async () => {
      await using database = await kind.open(tokenMigrations)
      const tokens = new Tokens(database)
      await tokens.create(ann)
      const code = await tokens.createSignInCode('ann')
      const opened = await Promise.allSettled([1, 2, 3].map(() => tokens.openSession({ code })))
      const sessions = opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
      assert.equal(sessions.length, 1)
      assert.deepEqual(await tokens.authenticate(sessions[0]!.secret), ann)
      await assert.rejects(tokens.openSession({ code }), {
        code: 'NACRE_NOT_SIGNED_IN',
        message: /used already or is too old.*nacre sign-in/,
      })
    })

    test('a sign-in code holds for a day, a session for thirty', async () => {
      await using database = await kind.open(tokenMigrations)
      const clock = manualClock(start)
      const tokens = new Tokens(database, clock)
      await tokens.create(ann)
      const [early, late] = [await tokens.createSignInCode('ann'), await tokens.createSignInCode('ann')]
      clock.advance(day - 1)
      const { secret, expiresAt } = await tokens.openSession({ code: early })
      assert.equal(expiresAt.getTime(), clock.now() + 30 * day)
      clock.advance(1)
      await assert.rejects(tokens.openSession({ code: late }), { code: 'NACRE_NOT_SIGNED_IN' })
      clock.advance(30 * day - 2)
      assert.deepEqual(await tokens.authenticate(secret), ann)
      clock.advance(5001) // what was known is forgotten
      assert.equal(await tokens.authenticate(secret), null)
    })

    test('nobody signs in by a token, code or name that is not there', async () => {
      await using database = await kind.open(tokenMigrations)
      const tokens = new Tokens(database)
      await tokens.create(ann)
      await assert.rejects(tokens.openSession({ token: 'ann' }), {
        code: 'NACRE_NOT_SIGNED_IN',
        message: /not known here.*admin-token/,
      })
      await assert.rejects(tokens.openSession({ code: '' }), { code: 'NACRE_NOT_SIGNED_IN' })
      await assert.rejects(tokens.createSignInCode('ben'), { code: 'NACRE_NOT_FOUND' })
    })

    test('a session that was closed is over at once; its token goes on', async () => {
      await using database = await kind.open(tokenMigrations)
      const tokens = new Tokens(database)
      const { secret } = await tokens.create(ann)
      const session = await tokens.openSession({ token: secret })
      assert.deepEqual(await tokens.authenticate(session.secret), ann)
      await tokens.closeSession(session.secret)
      assert.equal(await tokens.authenticate(session.secret), null)
      assert.deepEqual(await tokens.authenticate(secret), ann)
    })

    test('the admin token is made once, kept for its owner only, and made anew when the state forgot it', async () => {
      await using folder = tempFolder()
      await using database = await kind.open(tokenMigrations)
      const tokens = new Tokens(database)
      const path = join(folder.path, 'admin-token')
      const secret = await ensureAdminToken(folder.path, tokens)
      assert.equal(await readFile(path, 'utf8'), `${secret}\n`)
      assert.equal((await stat(path)).mode & 0o777, 0o600)
      assert.deepEqual(await tokens.authenticate(secret), { name: 'admin', role: 'admin', team: null })
      assert.equal(await ensureAdminToken(folder.path, tokens), secret)

      await tokens.revoke('admin')
      const second = await ensureAdminToken(folder.path, tokens)
      assert.notEqual(second, secret)
      await writeFile(path, 'damaged\n')
      const third = await ensureAdminToken(folder.path, tokens)
      assert.equal(await tokens.authenticate(second), null)
      assert.equal((await tokens.authenticate(third))?.role, 'admin')
      assert.equal((await tokens.list()).length, 1)
    })
  })
}

test('a role may do what lesser roles may, for its own team or for every team', () => {
  const who = (
    role: 'admin' | 'editor' | 'viewer',
    team: string | null,
  ): Parameters<typeof requireRole>[0] => ({
    name: 'x',
    role,
    team,
  })
  requireRole(who('admin', null), 'editor', 'growth')
  requireRole(who('editor', 'growth'), 'editor', 'growth')
  requireRole(who('editor', 'growth'), 'viewer')
  for (const refused of [
    () => requireRole(who('viewer', null), 'editor'),
    () => requireRole(who('editor', null), 'admin'),
    () => requireRole(who('editor', 'growth'), 'editor', 'shop'),
    () => requireRole(who('admin', 'growth'), 'viewer', 'shop'),
  ])
    assert.throws(refused, { code: 'NACRE_NOT_ALLOWED' })
})
