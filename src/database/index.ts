export {
  isUniqueViolation,
  type Database,
  type Queryable,
  type SqlParameter,
  type Transaction,
} from './database.ts'
export { migrate, type Migration } from './migrate.ts'
export { openDatabase, type DatabaseLocation } from './open-database.ts'
