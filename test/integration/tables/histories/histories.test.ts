import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { openEngine } from '../../../../src/engines/index.ts'
import { icebergServer } from '../../../support/iceberg-server.ts'
import { noPython } from '../../../support/python.ts'
import { applyHistory, readStates, type Rows, type Writer } from './nacre-history.ts'
import { startPyIceberg, type Described, type DescribedFile, type PyIceberg } from './pyiceberg-history.ts'
import { histories, type History } from './random-history.ts'

const numRuns = Number(process.env['NACRE_TEST_RUNS'] ?? 12)
const seed = Number(process.env['NACRE_TEST_SEED'] ?? Date.now() % 1_000_000)

test(
  `${numRuns} random histories make the same table through PyIceberg as through our jobs' way (seed ${seed})`,
  { skip: noPython },
  async () => {
    await using server = await icebergServer()
    await using engine = await openEngine({ name: 'duckdb', threads: 1 })
    const uri = `${await server.server.listen({ host: '127.0.0.1', port: 0 })}/iceberg`
    await using python = startPyIceberg(process.env['NACRE_TEST_PYTHON']!, {
      uri,
      token: await server.tokenOf('admin'),
    })
    await server.send('POST namespaces', { body: { namespace: ['theirs'] } })
    let count = 0
    await fc.assert(
      fc.asyncProperty(histories, (history) =>
        compare(history, { catalog: server.world.catalog, engine }, { python, number: count++ }),
      ),
      { numRuns, seed },
    )
  },
)

/**
 * Fields may differ where the specification leaves them to the writer: ids and paths, sizes, how many snapshots one change takes
 * (PyIceberg deletes and appends in two), and which optional numbers and bounds are written, or how they count inside lists and maps.
 */
async function compare(
  history: History,
  writer: Writer,
  { python, number }: { python: PyIceberg; number: number },
): Promise<void> {
  const [ours, theirs] = [`ours.t${number}`, `theirs.t${number}`]
  const states = await applyHistory(writer, ours, history)
  const found = await python.apply({ theirs, history, ours, states })

  assert.deepEqual(found.ours.states.map(rowsOnly), await readStates(writer, ours, states), 'readers, ours')
  assert.deepEqual(
    found.theirs.states.map(rowsOnly),
    await readStates(writer, theirs, found.states),
    'readers, theirs',
  )
  assert.deepEqual(found.ours.states, found.theirs.states, 'states')
  assert.deepEqual(found.ours.schema, found.theirs.schema, 'schema')
  assert.deepEqual(found.ours.partitioning, found.theirs.partitioning, 'partitioning')
  assert.deepEqual(refsOf(found.ours, states), refsOf(found.theirs, found.states), 'refs')
  assert.deepEqual(...bothWritten(found.ours.files, found.theirs.files), 'files')
}

function rowsOnly(state: Rows | null): Rows | null {
  return state && { columns: state.columns, rows: state.rows }
}

/** What each reference names, as the first state that is that snapshot. */
function refsOf({ refs }: Described, states: readonly (string | null)[]): object {
  return Object.fromEntries(
    Object.entries(refs).map(([name, [type, snapshotId]]) => [name, [type, states.indexOf(snapshotId)]]),
  )
}

/** Files with those of their numbers and bounds that both writers give. */
function bothWritten(
  ours: readonly DescribedFile[],
  theirs: readonly DescribedFile[],
): [ours: object[], theirs: object[]] {
  const common = (files: readonly DescribedFile[], others: readonly DescribedFile[]): object[] =>
    files.map((file, index) => {
      const other = others[index]
      const shared = (part: 'values' | 'nulls' | 'nans' | 'lower' | 'upper'): object =>
        Object.fromEntries(
          Object.entries(file[part]).filter(
            ([name]) => name in (other?.[part] ?? {}) && !/\.(element|key|value)\b/.test(name),
          ),
        )
      return {
        ...file,
        values: shared('values'),
        nulls: shared('nulls'),
        nans: shared('nans'),
        lower: shared('lower'),
        upper: shared('upper'),
      }
    })
  return [common(ours, theirs), common(theirs, ours)]
}
