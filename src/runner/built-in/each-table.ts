import { toNacreError } from '../../base/index.ts'
import type { BuiltInWork } from './built-in-jobs.ts'

/** Does something for every table; one that fails does not keep the others from their turn, but makes the job fail at its end. */
export async function eachTable(
  { client, log, signal }: BuiltInWork,
  work: (table: string) => Promise<void>,
): Promise<void> {
  const { tables } = await client.maintenance('tables', {}, signal)
  const failures: unknown[] = []
  for (const table of tables) {
    signal.throwIfAborted()
    try {
      await work(table)
    } catch (thrown) {
      if (signal.aborted) throw thrown
      log.error(`${table}: ${toNacreError(thrown).message}`)
      failures.push(thrown)
    }
  }
  if (failures.length > 0) throw failures[0]
}
