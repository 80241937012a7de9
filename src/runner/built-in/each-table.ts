import { toNacreError } from '../../base/index.ts'
import type { BuiltInWork } from './built-in-jobs.ts'

/** Does something for every table; see {@link eachInTurn}. */
export async function eachTable(work: BuiltInWork, step: (table: string) => Promise<void>): Promise<void> {
  const { tables } = await work.client.maintenance('tables', {}, work.signal)
  await eachInTurn(work, tables, step)
}

/** Does something for every item; one that fails does not keep the others from their turn, but makes the job fail at its end. */
export async function eachInTurn<Item extends string | { readonly table: string } | { readonly id: string }>(
  { log, signal }: Pick<BuiltInWork, 'log' | 'signal'>,
  items: readonly Item[],
  step: (item: Item) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = []
  for (const item of items) {
    signal.throwIfAborted()
    try {
      await step(item)
    } catch (thrown) {
      if (signal.aborted) throw thrown
      log.error(`${nameOf(item)}: ${toNacreError(thrown).message}`)
      failures.push(thrown)
    }
  }
  if (failures.length > 0) throw failures[0]
}

function nameOf(item: string | { readonly table: string } | { readonly id: string }): string {
  if (typeof item === 'string') return item
  return 'table' in item ? item.table : item.id
}
