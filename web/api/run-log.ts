import { useEffect, useState } from 'react'
import type { LogLine, LogPage } from '../../src/server/contract.ts'
import { path } from './client.ts'
import { listenToEvents } from './event-source.ts'

export interface RunLog {
  readonly lines: readonly LogLine[]
  /** The attempt is over and these are all its lines. */
  readonly done: boolean
}

const empty: RunLog = { lines: [], done: false }

/** An attempt's log from its first line, growing while it runs. */
export function useRunLog(runId: string, attempt: number): RunLog {
  const [log, setLog] = useState(empty)
  useEffect(() => {
    setLog(empty)
    const close = listenToEvents(path`runs/${runId}/logs/live?attempt=${attempt}`, {
      on: {
        // A reconnected stream begins again at the first line; numbers tell which are new.
        lines: (page: LogPage) =>
          setLog(({ lines }) => {
            const last = lines.at(-1)?.seq ?? -1
            return { lines: [...lines, ...page.lines.filter(({ seq }) => seq > last)], done: false }
          }),
        end: () => {
          setLog(({ lines }) => ({ lines, done: true }))
          close()
        },
      },
    })
    return close
  }, [runId, attempt])
  return log
}
