import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeBatch, type EventRow } from '../../../src/events/decode-batch.ts'
import { compilePlan } from '../../../src/events/event-contract.ts'
import { event, eventManifest, Type } from '../../../src/events/index.ts'
import type { LogEntry } from '../../../src/events/segment-log.ts'
import { stageEvents } from '../../../src/events/stage-events.ts'
import type { WriteTarget } from '../../../src/tables/index.ts'

const receivedAt = Date.UTC(2026, 0, 5)
const plan = compilePlan([
  eventManifest(
    event('A', { version: '1-0-0', properties: Type.Object({ n: Type.Integer({ minimum: 0 }) }) }),
  ),
  eventManifest(event('B', { version: '1-0-0', properties: Type.Object({ n: Type.Integer() }) })),
])

interface Item {
  readonly event: string
  readonly messageId: string
  readonly properties: { readonly n: number }
}

/** Events with unique ids, some of them bad or of no declared name. */
const anItem: fc.Arbitrary<Item> = fc.record({
  event: fc.constantFrom('A', 'B', 'C'),
  messageId: fc.uuid(),
  properties: fc.record({ n: fc.integer({ min: -3, max: 3 }) }),
})
const someItems: fc.Arbitrary<Item[]> = fc.uniqueArray(anItem, {
  selector: ({ messageId }) => messageId,
  maxLength: 30,
})

/** The same items sent another way: some twice, in any order, cut into any requests and micro-batches. */
const aDelivery = (items: readonly Item[]): fc.Arbitrary<Item[][][]> =>
  fc
    .tuple(
      fc.array(fc.constantFrom(...(items as [Item])), { maxLength: 20 }),
      fc.integer({ min: 1, max: 7 }),
      fc.integer({ min: 1, max: 4 }),
    )
    .chain(([again, perRequest, perBatch]) =>
      fc
        .shuffledSubarray([...items, ...again], { minLength: items.length + again.length })
        .map((sent) => chunks(chunks(sent, perRequest), perBatch)),
    )

function chunks<Value>(values: readonly Value[], size: number): Value[][] {
  return Array.from({ length: Math.ceil(values.length / size) }, (_, index) =>
    values.slice(index * size, (index + 1) * size),
  )
}

/** Lands a delivery as the decoder does, with a set for the database's memory and lists for its tables. */
async function land(delivery: Item[][][]): Promise<{ rows: string[]; duplicates: number }> {
  const seen = new Set<string>()
  const rows: string[] = []
  let duplicates = 0
  for (const requests of delivery) {
    const entries = requests.map((batch, index): LogEntry => ({
      receivedAt,
      meta: { writeKey: 'web', route: 'batch' },
      body: Buffer.from(
        JSON.stringify({ batch: batch.map((item) => ({ ...item, type: 'track', userId: 'u' })) }),
      ),
      position: { segment: 1, offset: index },
    }))
    const staged = await stageEvents(decodeBatch(entries, plan), {
      database: {
        query: async (_text, [ids] = []) =>
          (ids as string[]).filter((id) => seen.has(id)).map((id) => ({ id })) as never,
      },
      catalog: { planWrite: async (table) => ({ table }) as WriteTarget },
      writeRows: async ({ table }, written) => {
        for (const row of written as EventRow[])
          rows.push(JSON.stringify({ table, ...row, log_position: null }))
        return []
      },
    })
    for (const { id } of staged.kept) seen.add(id)
    duplicates += staged.duplicates.length
  }
  return { rows: rows.toSorted(), duplicates }
}

test('any order, repetition and division of requests lands the same rows', async () => {
  await fc.assert(
    fc.asyncProperty(
      someItems
        .filter((items) => items.length > 0)
        .chain((items) => fc.tuple(fc.constant(items), aDelivery(items))),
      async ([items, delivery]) => {
        const once = await land([[items]])
        const { rows, duplicates } = await land(delivery)
        assert.deepEqual(rows, once.rows)
        assert.equal(rows.length, items.length)
        assert.equal(duplicates, delivery.flat(2).length - items.length)
      },
    ),
    { numRuns: 300 },
  )
})
