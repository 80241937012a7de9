export type * from './contract.ts'
export { openServer, type Server } from './open-server.ts'
export { s3Routes } from './s3/s3-routes.ts'
