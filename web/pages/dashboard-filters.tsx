import { type ReactNode, useState } from 'react'
import type { DashboardFilter, FilterSuggestions, FilterValues } from '../../src/server/contract.ts'
import { formatNoun } from '../format/format-number.ts'

interface DashboardFiltersProps {
  readonly filters: readonly DashboardFilter[]
  readonly values: FilterValues
  readonly suggestions: FilterSuggestions
  readonly onChange: (name: string, value: string) => void
}

export function DashboardFilters({
  filters,
  values,
  suggestions,
  onChange,
}: DashboardFiltersProps): ReactNode {
  if (filters.length === 0) return null
  return (
    <div className="filters" role="group" aria-label="Filters">
      {filters.map((filter) => {
        const value = values[filter.name] ?? ''
        const change = (next: string): void => onChange(filter.name, next)
        return filter.kind === 'days' ? (
          <DaysFilter key={filter.name} label={filter.label} value={value} onChange={change} />
        ) : (
          <label key={filter.name} className="filter">
            <span>{filter.label}</span>
            <select value={value} onChange={({ target }) => change(target.value)}>
              <option value="">All</option>
              {optionsOf(suggestions[filter.name] ?? [], value).map((option) => (
                <option key={option}>{option}</option>
              ))}
            </select>
          </label>
        )
      })}
    </div>
  )
}

/** A value of the address is offered even when it is none of the suggestions. */
function optionsOf(suggestions: readonly string[], value: string): readonly string[] {
  return value === '' || suggestions.includes(value) ? suggestions : [value, ...suggestions]
}

const ranges = [
  ['last:7d', '7 days'],
  ['last:30d', '30 days'],
  ['last:90d', '90 days'],
  ['last:365d', '1 year'],
] as const

/** The common ranges, and the address's own where it is another number of days. */
function rangesWith(value: string): readonly (readonly [range: string, name: string])[] {
  const days = /^last:([1-9]\d*)d$/.exec(value)?.[1]
  if (days === undefined || ranges.some(([range]) => range === value)) return ranges
  return [...ranges, [value, formatNoun(Number(days), 'day')]]
}

interface DaysFilterProps {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
}

/** Common ranges by one click, others by two dates. */
function DaysFilter({ label, value, onChange }: DaysFilterProps): ReactNode {
  const [from, to] = /^(\d{4}-\d\d-\d\d)\.\.(\d{4}-\d\d-\d\d)$/.exec(value)?.slice(1) ?? []
  const [asks, setAsks] = useState(false)
  const showsDates = asks || from !== undefined
  return (
    <div className="filter" role="group" aria-label={label}>
      <span>{label}</span>
      <div className="segments">
        {rangesWith(value).map(([range, name]) => (
          <button
            key={range}
            type="button"
            aria-pressed={value === range}
            onClick={() => {
              setAsks(false)
              onChange(range)
            }}
          >
            {name}
          </button>
        ))}
        <button
          type="button"
          aria-pressed={from !== undefined}
          aria-expanded={showsDates}
          onClick={() => setAsks(!showsDates)}
        >
          Dates
        </button>
      </div>
      {showsDates ? <DateRange key={value} from={from ?? ''} to={to ?? ''} onChange={onChange} /> : null}
    </div>
  )
}

function DateRange({
  from,
  to,
  onChange,
}: {
  readonly from: string
  readonly to: string
  readonly onChange: (value: string) => void
}): ReactNode {
  const [start, setStart] = useState(from)
  const [end, setEnd] = useState(to)
  return (
    <form
      className="day-range"
      onSubmit={(event) => {
        event.preventDefault()
        onChange(`${start}..${end}`)
      }}
    >
      <input
        type="date"
        aria-label="First day"
        required
        value={start}
        max={end || undefined}
        onChange={({ target }) => setStart(target.value)}
      />
      <span aria-hidden="true">–</span>
      <input
        type="date"
        aria-label="Last day"
        required
        value={end}
        min={start || undefined}
        onChange={({ target }) => setEnd(target.value)}
      />
      <button type="submit" className="button">
        Show
      </button>
    </form>
  )
}
