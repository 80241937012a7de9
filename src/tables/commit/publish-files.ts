import { NacreError } from '../../base/index.ts'
import type { Transaction } from '../../database/index.ts'
import type { CommitWorld } from './commit-tables.ts'
import type { StagedFile } from './stage-snapshot.ts'

/**
 * Writes files and then, in one transaction, makes the catalog name them. True when done. False, with nothing changed and the
 * files removed again, when `point` gives false because another commit came first. What `point` throws undoes as much.
 */
export async function publishFiles(
  { database, store, tables }: Pick<CommitWorld, 'database' | 'store' | 'tables'>,
  files: readonly StagedFile[],
  point: (transaction: Transaction) => Promise<boolean>,
): Promise<boolean> {
  const undo = async (): Promise<void> => {
    // What cannot be removed is an orphan: nothing names it.
    await Promise.allSettled(files.map((file) => store.delete(file.uri)))
  }
  const written = await Promise.allSettled(files.map((file) => store.writeIfAbsent(file.uri, file.data)))
  const failure = written.find((result) => result.status === 'rejected')
  if (failure) {
    await undo()
    throw failure.reason
  }
  let isUndecided = true
  try {
    await database.transaction(async (transaction) => {
      try {
        if (!(await point(transaction))) throw new LostRace()
      } catch (error) {
        isUndecided = false
        throw error
      }
    })
  } catch (error) {
    // When the commit itself failed, it may yet have happened: then the catalog names these files.
    if (!isUndecided || isContention(error)) await undo()
    if (error instanceof LostRace || isContention(error)) return false
    throw error
  }
  for (const file of files) tables.decoded.keep(file.uri, file.content, file.data.length)
  return true
}

/** Thrown to roll back when another commit came first. */
class LostRace extends NacreError {
  constructor() {
    super('NACRE_COMMIT_CONFLICT', 'Another commit came first.')
  }
}

/** PostgreSQL broke a deadlock or refused to serialize; it has rolled the transaction back. */
function isContention(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown }
  return code === '40P01' || code === '40001'
}
