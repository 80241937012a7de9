export type * from './event-definition.ts'
