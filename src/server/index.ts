export type * from './contract.ts'
export { openServer, type Server } from './open-server.ts'
