import type { AppManifest } from '../apps/index.ts'
import type { BundleStore } from '../bundles/index.ts'
import type { Log } from '../base/index.ts'
import type { Database } from '../database/index.ts'
import type { Publisher } from '../publish/index.ts'
import type { Settings } from '../settings/index.ts'
import type { Catalog } from '../tables/index.ts'
import type { AppRegistry } from './app-registry.ts'
import type { AttemptService } from './attempt-service.ts'
import type { Changes } from './changes.ts'
import type { DashboardService } from './dashboard-service.ts'
import type { DoctorReport } from './doctor.ts'
import type { EventService } from './event-service.ts'
import type { JobService } from './job-service.ts'
import type { MaintenanceService } from './maintenance-service.ts'
import type { Warehouse } from './open-warehouse.ts'
import type { PlatformOverview } from './overview.ts'
import type { QueryService } from './query-service.ts'
import type { TableService } from './table-service.ts'
import type { Tokens } from './tokens.ts'

/** All of Nacre, open; what the server and the command line stand on. Disposing closes everything, in reverse order of opening. */
export interface Platform extends AsyncDisposable {
  readonly version: string
  readonly settings: Settings
  readonly log: Log
  readonly database: Database
  readonly tokens: Tokens
  readonly changes: Changes
  readonly catalog: Catalog
  readonly warehouse: Warehouse
  readonly bundles: BundleStore<AppManifest>
  readonly apps: AppRegistry
  readonly jobs: JobService
  readonly attempts: AttemptService
  readonly maintenance: MaintenanceService
  readonly events: EventService
  readonly tables: TableService
  readonly queries: QueryService
  readonly dashboards: DashboardService
  publisher(): Publisher
  overview(): Promise<PlatformOverview>
  doctor(): Promise<DoctorReport>
  /** Where others reach the API, without `/` at its end. */
  apiUrl(): string
  collectorUrl(): string
  /** Name of the app that was deployed first; 'nacre' when there is none. */
  projectName(): string
}
