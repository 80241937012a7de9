import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import type { RecentEvent } from '../../src/server/contract.ts'
import { listenToEvents } from './event-source.ts'
import { queries } from './queries.ts'

/** How many events the tail keeps. */
const limit = 500

/** How often the page shows what has arrived; events come faster than eyes. */
const showMs = 250

/** The newest events, newest first, growing until unmounted. Null while the first are on their way. */
export function useEventTail(): readonly RecentEvent[] | null {
  const client = useQueryClient()
  const [events, setEvents] = useState<readonly RecentEvent[] | null>(null)
  useEffect(() => {
    let arrived: RecentEvent[] = []
    const add = (newer: readonly RecentEvent[]): void =>
      setEvents((known) => {
        const ids = new Set(known?.map(({ messageId, verdict }) => `${messageId} ${verdict}`))
        const fresh = newer.filter(({ messageId, verdict }) => !ids.has(`${messageId} ${verdict}`))
        return [...fresh, ...(known ?? [])].slice(0, limit)
      })
    const close = listenToEvents('events/live', {
      on: { event: (event: RecentEvent) => arrived.unshift(event) },
    })
    client.fetchQuery({ ...queries.recentEvents(), staleTime: 0 }).then(add, () => add([]))
    const timer = setInterval(() => {
      if (arrived.length === 0) return
      add(arrived)
      arrived = []
    }, showMs)
    return () => {
      close()
      clearInterval(timer)
    }
  }, [client])
  return events
}
