import { type QueryClient, type QueryKey, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import type { ChangedEvent, TileAnswer } from '../../src/server/contract.ts'
import { listenToEvents } from './event-source.ts'

/** First parts of the query keys that each topic makes stale. Tiles are asked again only when a table they read changed. */
const staleBy: Readonly<Record<ChangedEvent['topic'], readonly string[]>> = {
  runs: ['overview', 'jobs', 'runs'],
  tables: ['overview', 'tables'],
  events: ['overview', 'rejected-events'],
  feeds: ['overview', 'feeds'],
  apps: ['overview', 'jobs', 'tables', 'feeds', 'dashboards', 'tiles'],
}

/** Changes come in bursts; one refresh per window serves a burst. */
const windowMs = 1_000

export type Connection = 'connecting' | 'live' | 'lost'

/** Keeps what is on screen current while mounted. */
export function useLiveUpdates(): Connection {
  const client = useQueryClient()
  const [connection, setConnection] = useState<Connection>('connecting')
  useEffect(() => {
    const pending = collectChanges(client)
    let wasLost = false
    const close = listenToEvents('live', {
      on: { changed: pending.add },
      onOpen() {
        setConnection('live')
        if (wasLost) void client.invalidateQueries()
        wasLost = false
      },
      onLost() {
        wasLost = true
        setConnection('lost')
      },
    })
    return () => {
      close()
      pending.stop()
    }
  }, [client])
  return connection
}

function collectChanges(client: QueryClient): { add: (change: ChangedEvent) => void; stop: () => void } {
  const stale = new Set<string>()
  const tables = new Set<string>()
  let timer: ReturnType<typeof setTimeout> | undefined
  const flush = (): void => {
    timer = undefined
    const isStale = (key: QueryKey, data: unknown): boolean =>
      stale.has(String(key[0])) || (key[0] === 'tiles' && readsAnyOf(data, tables))
    void client.invalidateQueries({ predicate: ({ queryKey, state }) => isStale(queryKey, state.data) })
    stale.clear()
    tables.clear()
  }
  return {
    add({ topic, name }) {
      for (const key of staleBy[topic]) stale.add(key)
      if (topic === 'tables') tables.add(name)
      timer ??= setTimeout(flush, windowMs)
    },
    stop: () => clearTimeout(timer),
  }
}

function readsAnyOf(data: unknown, tables: ReadonlySet<string>): boolean {
  const { snapshots } = (data as TileAnswer | undefined) ?? {}
  return snapshots !== undefined && Object.keys(snapshots).some((table) => tables.has(table))
}
