import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { test } from 'node:test'
import { explainListenFailure, NacreError } from '../../../src/base/index.ts'

test('a port that is taken is told with the flag that gives another', async () => {
  const first = createServer().listen(0, '127.0.0.1')
  await once(first, 'listening')
  const { port } = first.address() as { port: number }
  const second = createServer().listen(port, '127.0.0.1')
  const [error] = (await once(second, 'error')) as [Error]
  const told = explainListenFailure(error, { host: '127.0.0.1', port, flag: '--port' })
  first.close()
  assert.ok(told instanceof NacreError)
  assert.equal(told.code, 'NACRE_UNAVAILABLE')
  assert.equal(
    told.message,
    `Port ${port} of 127.0.0.1 is taken by another program. Stop it, or give another --port.`,
  )
  assert.equal(told.cause, error)
})

test('an error of another kind is given back', () => {
  const error = new Error('something else')
  assert.equal(explainListenFailure(error, { host: '127.0.0.1', port: 1, flag: '--port' }), error)
})
