export type * from './attempt-protocol.ts'
export type * from './job-definition.ts'
export type * from './job-views.ts'
