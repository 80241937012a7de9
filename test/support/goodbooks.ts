import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** The folder of goodbooks-10k's ratings, which are no part of this repository; undefined when they are not here. */
export function goodbooksFolder(): string | undefined {
  const folder =
    process.env['NACRE_GOODBOOKS'] ?? join(import.meta.dirname, '../../../shared/data/goodbooks-10k')
  return existsSync(join(folder, 'ratings_random_sample.csv')) ? folder : undefined
}
