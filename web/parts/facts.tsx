import type { ReactNode } from 'react'

interface FactsProps {
  /** A fact without a value is left out. */
  readonly facts: readonly (readonly [name: string, value: ReactNode])[]
}

export function Facts({ facts }: FactsProps): ReactNode {
  return (
    <dl className="facts">
      {facts
        .filter(([, value]) => value !== null && value !== undefined)
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  )
}
