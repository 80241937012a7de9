/** A filter offered above a dashboard; its value stands in the page's address. */
export type DashboardFilter =
  /** A range of days: `last:30d`, or `2026-01-01..2026-01-31`. Applied to each tile's `dateField`. */
  | { readonly kind: 'days'; readonly name: string; readonly label: string; readonly default: string }
  /** One of the values of a field; suggestions are queried from `source`. Empty means all. */
  | {
      readonly kind: 'choice'
      readonly name: string
      readonly label: string
      readonly source: string
      readonly field: string
    }

/** How a tile is drawn. */
export type TileChart =
  | { readonly kind: 'number'; readonly format?: NumberFormat; readonly compare?: 'previous-period' }
  | {
      readonly kind: 'line' | 'area' | 'bar' | 'stacked-bar'
      readonly x: string
      readonly y: readonly string[]
      readonly series?: string
      readonly format?: NumberFormat
      /** Said at the x axis, where its values do not speak for themselves. */
      readonly xTitle?: string
    }
  /** Rows by columns, coloured by value: retention cohorts. */
  | {
      readonly kind: 'heatmap'
      readonly x: string
      readonly y: string
      readonly value: string
      readonly format?: NumberFormat
      readonly xTitle?: string
      readonly yTitle?: string
    }
  | { readonly kind: 'funnel'; readonly step: string; readonly value: string }
  /** Rows as they are; numbers of a column without a format are rounded by their size. */
  | { readonly kind: 'table'; readonly formats?: Readonly<Record<string, NumberFormat>> }

export type NumberFormat = 'integer' | 'decimal' | 'percent' | 'minutes' | 'currency'

/** One query of a dashboard. */
export interface Tile {
  readonly title: string
  /** What the number means, shown on demand. */
  readonly doc?: string
  /** A Malloy query over the app's models, such as `engagement -> by_day`; filters are added as refinements. */
  readonly query: string
  readonly chart: TileChart
  /** Field of the query's source that a `days` filter restricts; a tile without one ignores it. */
  readonly dateField?: string
  /** By choice filter's name: the field of the query's source it restricts. */
  readonly filterFields?: Readonly<Record<string, string>>
  /** Columns of twelve it spans. Default 6. */
  readonly width?: number
}

/** A declared dashboard: tiles on one page, each its own query. */
export interface DashboardDefinition {
  readonly kind: 'dashboard'
  /** In the address: lower-case letters, digits and `-`. */
  readonly name: string
  readonly title: string
  readonly doc?: string
  readonly team?: string
  /** File in the app's model folder, such as `bookstore.malloy`. */
  readonly model: string
  readonly filters: readonly DashboardFilter[]
  readonly tiles: readonly Tile[]
}
