import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorCatalogue, NacreError, toNacreError, type ErrorKind } from '../../../src/base/index.ts'

test('an error travels as JSON and comes back the same', () => {
  const error = new NacreError('NACRE_NOT_FOUND', 'There is no table a.b.', { details: { table: 'a.b' } })
  const back = NacreError.fromJSON(JSON.parse(JSON.stringify(error)) as object)
  assert.ok(back instanceof NacreError)
  assert.deepEqual(
    [back.code, back.message, back.details, back.status, back.exit],
    ['NACRE_NOT_FOUND', 'There is no table a.b.', { table: 'a.b' }, 404, 3],
  )
})

test('empty details are left out of JSON, and the cause and stack never leave the process', () => {
  const error = new NacreError('NACRE_INPUT', 'Wrong.', { cause: new Error('secret') })
  assert.deepEqual(error.toJSON(), { code: 'NACRE_INPUT', message: 'Wrong.' })
  assert.equal(JSON.stringify({ error }), '{"error":{"code":"NACRE_INPUT","message":"Wrong."}}')
})

for (const code of ['NACRE_OF_TOMORROW', 'toString', '__proto__', 7, undefined]) {
  test(`a code that the catalogue does not have (${String(code)}) becomes NACRE_INTERNAL`, () => {
    const error = NacreError.fromJSON({ code, message: 'as it was', details: 'none' })
    assert.deepEqual([error.code, error.status, error.exit], ['NACRE_INTERNAL', 500, 1])
    assert.equal(error.message, 'as it was')
    assert.deepEqual(error.details, {})
  })
}

test('an error of Nacre is passed through', () => {
  const error = new NacreError('NACRE_SQL', 'No.')
  assert.equal(toNacreError(error), error)
})

test("an error of another copy's class, as bundles carry one, keeps code, message and details", () => {
  class OtherCopy extends Error {
    override readonly name: string = 'NacreError'
    readonly code: string = 'NACRE_CHECK_FAILED'
    readonly details: object = { failures: ['one'] }
  }
  const error = toNacreError(new OtherCopy('Nothing was published.'))
  assert.ok(error instanceof NacreError)
  assert.deepEqual(
    [error.code, error.message, error.details],
    ['NACRE_CHECK_FAILED', 'Nothing was published.', { failures: ['one'] }],
  )
})

test('errors of the platform below get the code that fits, and stay as cause', () => {
  const abort = new AbortController()
  abort.abort()
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
  const cases = [
    [abort.signal.reason, 'NACRE_CANCELLED'],
    [new DOMException('Too slow.', 'TimeoutError'), 'NACRE_TIMEOUT'],
    [full, 'NACRE_DISK_FULL'],
    [new TypeError('x is not a function'), 'NACRE_INTERNAL'],
    ['thrown text', 'NACRE_INTERNAL'],
    [null, 'NACRE_INTERNAL'],
  ] as const
  for (const [thrown, code] of cases) {
    const error = toNacreError(thrown)
    assert.equal(error.code, code)
    assert.equal(error.cause, thrown)
    assert.notEqual(error.message, '')
  }
  assert.match(toNacreError(full).message, /disk is full.*ENOSPC.*Free some space/)
})

test('every code of the catalogue has an error status, an exit code and a meaning that fit together', () => {
  const exitOf: Readonly<Record<number, number>> = { 401: 5, 403: 5, 404: 3, 409: 4, 429: 6, 503: 6 }
  for (const [code, { status, exit, meaning }] of Object.entries<ErrorKind>(errorCatalogue)) {
    assert.match(code, /^NACRE_[A-Z_]+$/)
    assert.ok(status >= 400 && status <= 599, code)
    assert.ok(exit >= 1 && exit <= 6, code)
    assert.match(meaning, /^[A-Z].*\.$/, code)
    assert.equal(exit, exitOf[status] ?? exit, `${code}: exit code of status ${status}`)
    assert.ok(exit !== 2 || (status >= 400 && status < 500), `${code}: wrong use is the caller's`)
  }
})
