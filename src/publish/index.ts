export type * from './feed-definition.ts'
