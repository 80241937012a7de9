import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Changes } from '../../../src/platform/changes.ts'

test('everybody who listens is told, until they no longer listen', () => {
  const changes = new Changes()
  const heard: string[] = []
  changes.tell({ topic: 'runs', name: 'before anybody listens' })
  const endA = changes.listen(({ topic, name }) => heard.push(`a: ${topic} ${name}`))
  const endB = changes.listen(({ topic, name }) => heard.push(`b: ${topic} ${name}`))
  changes.tell({ topic: 'tables', name: 'shop.books' })
  endA()
  endA()
  changes.tell({ topic: 'feeds', name: 'shop.books' })
  endB()
  changes.tell({ topic: 'apps', name: 'shop' })
  assert.deepEqual(heard, ['a: tables shop.books', 'b: tables shop.books', 'b: feeds shop.books'])
})

test('a listener may end its listening while it is told', () => {
  const changes = new Changes()
  const heard: string[] = []
  const end = changes.listen(() => {
    heard.push('once')
    end()
  })
  changes.listen(() => heard.push('always'))
  changes.tell({ topic: 'runs', name: 'r' })
  changes.tell({ topic: 'runs', name: 'r' })
  assert.deepEqual(heard, ['once', 'always', 'always'])
})
