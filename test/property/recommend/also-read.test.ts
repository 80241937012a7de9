import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { openEngine, type Engine } from '../../../src/engines/index.ts'
import { alsoRead, recommendFor } from '../../../src/recommend/index.ts'
import { rawSql } from '../../../src/sql/index.ts'

interface Interaction {
  readonly reader: number
  readonly item: number
  readonly weight: number
}

const interactions = fc.array(
  fc.record({
    reader: fc.integer({ min: 1, max: 6 }),
    item: fc.integer({ min: 1, max: 8 }),
    weight: fc.integer({ min: 1, max: 3 }),
  }),
  { minLength: 1, maxLength: 40 },
)

let engine: Engine
before(async () => {
  engine = await openEngine({ name: 'duckdb', threads: 1 })
})
after(() => engine[Symbol.asyncDispose]())

const limit = 3

test('neighbours and recommendations are those of a naive model', async () => {
  await fc.assert(
    fc.asyncProperty(interactions, async (given) => {
      const values = given.map(({ reader, item, weight }) => `(${reader}, ${item}, ${weight})`).join(', ')
      const query = rawSql(`select * from (values ${values}) rows(reader, item, weight)`)
      const neighbours = alsoRead(query, { neighbours: limit, minReaders: 1 })
      const near = await engine.rows<{ item: number; other: number; score: number }>(neighbours)
      const wanted = naiveNeighbours(given)
      assert.deepEqual(
        near.map(({ item, other }) => `${item} ${other}`).toSorted(),
        wanted.map(({ item, other }) => `${item} ${other}`).toSorted(),
      )
      const made = await engine.rows<{ reader: number; item: number; score: number }>(
        recommendFor(query, neighbours, { limit: 1000, sharpness: 2 }),
      )
      const scores = naiveScores(given, wanted)
      assert.equal(made.length, scores.size)
      for (const { reader, item, score } of made)
        assert.ok(Math.abs(score - scores.get(`${reader} ${item}`)!) < 1e-9, `${reader} ${item}: ${score}`)
    }),
    { numRuns: 60 },
  )
})

function weightsByReader(given: readonly Interaction[]): Map<number, Map<number, number>> {
  const weights = new Map<number, Map<number, number>>()
  for (const { reader, item, weight } of given) {
    const own = weights.get(reader) ?? new Map<number, number>()
    weights.set(reader, own.set(item, Math.max(weight, own.get(item) ?? 0)))
  }
  return weights
}

function naiveNeighbours(given: readonly Interaction[]): { item: number; other: number; score: number }[] {
  const readers = [...weightsByReader(given).values()]
  const dot = (one: number, other: number): number =>
    readers.reduce((sum, own) => sum + (own.get(one) ?? 0) * (own.get(other) ?? 0), 0)
  const items = [...new Set(given.map(({ item }) => item))]
  return items.flatMap((item) =>
    items
      .filter((other) => other !== item && dot(item, other) > 0)
      .map((other) => ({
        item,
        other,
        score: dot(item, other) / (Math.sqrt(dot(item, item)) * Math.sqrt(dot(other, other))),
      }))
      .toSorted((one, two) => two.score - one.score || one.other - two.other)
      .slice(0, limit),
  )
}

function naiveScores(
  given: readonly Interaction[],
  neighbours: readonly { item: number; other: number; score: number }[],
): Map<string, number> {
  const scores = new Map<string, number>()
  for (const [reader, own] of weightsByReader(given))
    for (const { item, other, score } of neighbours)
      if (own.has(item) && !own.has(other)) {
        const key = `${reader} ${other}`
        scores.set(key, (scores.get(key) ?? 0) + own.get(item)! * score ** 2)
      }
  return scores
}
