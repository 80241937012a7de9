export { createAttemptClient, type AttemptClient } from './attempt-client.ts'
export { executeJob, type JobExecution } from './execute-job.ts'
export { createLogShipper, type LogShipper } from './log-shipper.ts'
export { runAttempt, type AttemptSurroundings } from './run-attempt.ts'
