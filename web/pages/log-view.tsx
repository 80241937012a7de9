import { type ReactNode, useDeferredValue, useEffect, useMemo, useRef, useState } from 'react'
import type { LogLine } from '../../src/server/contract.ts'
import { useRunLog } from '../api/run-log.ts'
import { formatCount, formatNoun } from '../format/format-number.ts'
import { formatClock } from '../format/format-time.ts'
import { valueText } from '../format/value-text.ts'
import { CopyButton } from '../parts/copy-button.tsx'
import { Icon } from '../parts/icon.tsx'
import { SearchBox } from '../parts/search-box.tsx'

type Level = 'all' | 'warn' | 'error'

/** Lines are laid out in blocks the browser skips while they are out of sight. */
const blockSize = 200

/** A log that grows at its end, searched and filtered in place. */
export function LogView({ runId, attempt }: { readonly runId: string; readonly attempt: number }): ReactNode {
  const { lines, done } = useRunLog(runId, attempt)
  const [search, setSearch] = useState('')
  const [level, setLevel] = useState<Level>('all')
  const needle = useDeferredValue(search.toLowerCase())
  const shown = useMemo(() => lines.filter((line) => isWanted(line, level, needle)), [lines, level, needle])
  const { view, follows, setFollows, onScroll } = useFollow(shown.length)
  return (
    <section className="log panel" aria-label="Log">
      <header className="log-bar">
        <h2>Log</h2>
        <span className="panel-note" role="status">
          {shown.length === lines.length
            ? formatNoun(lines.length, 'line')
            : `${formatCount(shown.length)} of ${formatNoun(lines.length, 'line')}`}
          {done ? '' : ', live'}
        </span>
        <div className="panel-actions">
          <SearchBox label="Search the log" value={search} onChange={setSearch} />
          <select
            aria-label="Least level"
            value={level}
            onChange={({ target }) => setLevel(target.value as Level)}
          >
            <option value="all">All lines</option>
            <option value="warn">Warnings and errors</option>
            <option value="error">Errors</option>
          </select>
          <button
            type="button"
            className="button"
            aria-pressed={follows}
            onClick={() => setFollows(!follows)}
          >
            <Icon name="follow" /> Follow
          </button>
          <CopyButton text={() => shown.map(asText).join('\n')} />
        </div>
      </header>
      <div
        className="log-lines"
        ref={view}
        onScroll={onScroll}
        role="log"
        aria-live="off"
        aria-label="Lines"
        tabIndex={0}
      >
        {shown.length === 0 ? (
          <p className="quiet">
            {lines.length === 0 ? (done ? 'It wrote nothing.' : 'No line yet.') : 'No line matches.'}
          </p>
        ) : (
          blocksOf(shown).map((block) => (
            <div key={block[0]!.seq} className="log-block">
              {block.map((line) => (
                <Line key={line.seq} line={line} needle={needle} />
              ))}
            </div>
          ))
        )}
      </div>
    </section>
  )
}

function Line({ line, needle }: { readonly line: LogLine; readonly needle: string }): ReactNode {
  const { at, level, stream, message, fields } = line
  return (
    <div className={`log-line level-${level} stream-${stream}`}>
      <time dateTime={at} title={at}>
        {formatClock(at)}
      </time>
      <span className="log-level">{level === 'info' ? (stream === 'log' ? '' : stream) : level}</span>
      <span className="log-message">
        <Marked text={message} needle={needle} />
        {fields === undefined ? null : (
          <span className="log-fields">
            {fieldTexts(fields).map((text) => (
              <span key={text}>
                {' '}
                <Marked text={text} needle={needle} />
              </span>
            ))}
          </span>
        )}
      </span>
    </div>
  )
}

function Marked({ text, needle }: { readonly text: string; readonly needle: string }): ReactNode {
  const at = needle === '' ? -1 : text.toLowerCase().indexOf(needle)
  if (at < 0) return text
  const end = at + needle.length
  return (
    <>
      {text.slice(0, at)}
      <mark>{text.slice(at, end)}</mark>
      <Marked text={text.slice(end)} needle={needle} />
    </>
  )
}

/** Stays at the end as lines come, until the reader scrolls up; scrolling back to the end follows again. */
function useFollow(count: number) {
  const view = useRef<HTMLDivElement>(null)
  const [follows, setFollows] = useState(true)
  useEffect(() => {
    if (follows && view.current !== null) view.current.scrollTop = view.current.scrollHeight
  }, [follows, count])
  const onScroll = (): void => {
    const { scrollTop, scrollHeight, clientHeight } = view.current!
    setFollows(scrollHeight - clientHeight - scrollTop < 24)
  }
  return { view, follows, setFollows, onScroll }
}

function isWanted(line: LogLine, level: Level, needle: string): boolean {
  const isLevel = level === 'all' || line.level === 'error' || (level === 'warn' && line.level === 'warn')
  return isLevel && (needle === '' || asText(line).toLowerCase().includes(needle))
}

function asText({ at, level, message, fields }: LogLine): string {
  return [at, level, message, ...fieldTexts(fields ?? {})].join(' ')
}

function fieldTexts(fields: object): string[] {
  return Object.entries(fields).map(([name, value]) => `${name}=${valueText(value)}`)
}

function blocksOf(lines: readonly LogLine[]): LogLine[][] {
  return Array.from({ length: Math.ceil(lines.length / blockSize) }, (_, index) =>
    lines.slice(index * blockSize, (index + 1) * blockSize),
  )
}
