export type * from './dashboard-definition.ts'
