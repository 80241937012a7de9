import { type ReactNode, useSyncExternalStore } from 'react'
import { formatAbsolute, formatDuration, formatRelative } from '../format/format-time.ts'

/** One clock for the page: every relative time moves together. */
const listeners = new Set<() => void>()
let now = Date.now()
let timer: ReturnType<typeof setInterval> | undefined

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  timer ??= setInterval(() => {
    now = Date.now()
    for (const notify of listeners) notify()
  }, 1_000)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

/** The time in milliseconds, to the second. Asking for a derived string re-renders only when that changes. */
export function useDerived(derive: (now: number) => string): string {
  return useSyncExternalStore(subscribe, () => derive(Math.max(now, Date.now() - 1_000)))
}

/** `5 min ago`, with the exact time on hover. */
export function RelativeTime({ at }: { readonly at: string }): ReactNode {
  const text = useDerived((time) => formatRelative(at, time))
  return (
    <time dateTime={at} title={formatAbsolute(at)}>
      {text}
    </time>
  )
}

/** How long something took, or takes so far. */
export function Duration({ from, to }: { readonly from: string; readonly to: string | null }): ReactNode {
  const text = useDerived((time) => {
    const end = to === null ? Math.floor(time / 1_000) * 1_000 : Date.parse(to)
    return formatDuration(Math.max(0, end - Date.parse(from)))
  })
  return <span className="number">{text}</span>
}
