import { NacreError } from '../base/index.ts'
import type { TrackingPlan } from '../events/index.ts'
import { builtInAppName, type JobDefinition } from '../jobs/index.ts'
import type { DashboardDefinition } from '../models/index.ts'
import type { FeedDefinition } from '../publish/index.ts'
import type { TableDefinition } from '../tables/index.ts'

/** What a project is made of. */
export interface AppSpec {
  readonly doc?: string
  /** Team of whatever names none. Default: the app's name. */
  readonly team?: string
  readonly plan?: TrackingPlan
  /** Tables that no job, event or feed names. */
  readonly tables?: readonly TableDefinition[]
  readonly jobs?: readonly JobDefinition[]
  readonly feeds?: readonly FeedDefinition[]
  /** Folder of Malloy files, relative to `nacre.config.ts`. */
  readonly models?: string
  readonly dashboards?: readonly DashboardDefinition[]
}

/** A declared app: the default export of `nacre.config.ts`. */
export interface AppDefinition {
  readonly kind: 'app'
  readonly name: string
  readonly spec: AppSpec
}

/** Declares an app: a folder of events, tables, jobs, feeds, models and dashboards. */
export function app(name: string, spec: AppSpec): AppDefinition {
  if (!/^[a-z][a-z0-9-]{0,62}$/.test(name)) {
    throw new NacreError(
      'NACRE_APP_INVALID',
      `App name '${name}' must be lower-case letters, digits and '-', starting with a letter.`,
    )
  }
  if (name === builtInAppName) {
    throw new NacreError(
      'NACRE_APP_INVALID',
      `App name '${name}' is taken by the jobs that keep tables in order; choose another.`,
    )
  }
  return { kind: 'app', name, spec }
}
