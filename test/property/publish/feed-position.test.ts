import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isKnown, positionAfter, type FeedPosition } from '../../../src/publish/feed-position.ts'
import type { Notification } from '../../../src/publish/consume.ts'

test('whatever is rolled back and told again, a consumer takes each publication once and ends at the newest', () => {
  const sequences = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 12 })
  fc.assert(
    fc.property(sequences, fc.array(fc.nat()), (states, repeats) => {
      const published = states.map(
        (sequenceNumber, index) =>
          ({
            id: `uuid:${sequenceNumber}-${index}`,
            data: {
              tableUuid: 'uuid',
              snapshotId: String(sequenceNumber),
              sequenceNumber,
              publication: index,
            },
          }) as unknown as Notification,
      )
      let position: FeedPosition | undefined
      const taken: Notification[] = []
      const hear = (notification: Notification): void => {
        if (isKnown(notification, position)) return
        taken.push(notification)
        position = positionAfter(notification, position)
      }
      for (const [index, notification] of published.entries()) {
        hear(notification)
        // At least once: any of those told so far may come again.
        const again = repeats[index]
        if (again !== undefined) hear(published[again % (index + 1)]!)
      }
      assert.deepEqual(taken, published)
      assert.equal(position?.snapshotId, String(states.at(-1)))
    }),
  )
})
