import { type ReactNode, useMemo } from 'react'
import { columnNumberFormat } from '../format/format-number.ts'
import { valueText } from '../format/value-text.ts'
import { CappedList } from './capped-list.tsx'

interface ResultGridProps {
  readonly label: string
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  readonly rows: readonly (readonly unknown[])[]
  /** Shows a value otherwise than by its type; undefined leaves it to the type. */
  readonly show?: (value: unknown, column: string) => string | undefined
  /** Names columns for people, without their types. */
  readonly nameColumn?: (column: string) => string
}

const numeric =
  /^(number|int|integer|long|bigint|hugeint|smallint|tinyint|u?\w*int|float|double|real|decimal)/i

/** Rows with sticky headings; rounded numbers show the whole one on hover. Scrolls by itself, by keyboard too. */
export function ResultGrid({ label, columns, rows, show, nameColumn }: ResultGridProps): ReactNode {
  const isNumeric = columns.map(({ type }) => numeric.test(type))
  const numberFormats = useMemo(
    () => columns.map((_, index) => columnNumberFormat(rows.map((row) => row[index]))),
    [columns, rows],
  )
  const textOf = (value: unknown, index: number): string =>
    show?.(value, columns[index]!.name) ??
    (typeof value === 'number' ? numberFormats[index]!(value) : valueText(value))
  return (
    <CappedList items={rows} step={100} noun="row">
      {(shown) => (
        <div className="result-grid" role="region" aria-label={label} tabIndex={0}>
          <table>
            <thead>
              <tr>
                {columns.map(({ name, type }, index) => (
                  <th key={name} scope="col" className={isNumeric[index] ? 'right' : undefined}>
                    {nameColumn === undefined ? (
                      <>
                        {name} <small>{type.toLowerCase()}</small>
                      </>
                    ) : (
                      nameColumn(name)
                    )}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {shown.map((row, rowIndex) => (
                <tr key={rowIndex}>
                  {row.map((value, index) => (
                    <td
                      key={index}
                      className={isNumeric[index] ? 'right' : undefined}
                      title={typeof value === 'number' ? String(value) : undefined}
                    >
                      {value === null || value === undefined ? (
                        <span className="null">null</span>
                      ) : (
                        textOf(value, index)
                      )}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </CappedList>
  )
}
