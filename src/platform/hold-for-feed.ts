import { systemClock, type Clock } from '../base/index.ts'
import type { Catalog } from '../tables/index.ts'

const reader = 'feed export'

/** A feed asks again at each attempt; one that is no longer declared lets go by itself. */
const holdMs = 86_400_000

/** Keeps a snapshot that a feed has yet to publish from expiring; null lets go. */
export async function holdForFeed(
  catalog: Pick<Catalog, 'registerReader' | 'dropReader'>,
  table: string,
  snapshotId: string | null,
  { clock = systemClock }: { clock?: Clock } = {},
): Promise<void> {
  if (snapshotId === null) return catalog.dropReader(table, reader)
  const expiresAt = new Date(clock.now() + holdMs).toISOString()
  await catalog.registerReader(table, { reader, snapshotId, expiresAt })
}
