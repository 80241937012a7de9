export type { AttemptLauncher, ProcessEnd } from './attempt-launcher.ts'
export { openAttemptLogs, type AttemptLogs } from './attempt-logs.ts'
export type * from './attempt-protocol.ts'
export {
  authenticateAttempt,
  claimAttempt,
  completedOutputs,
  failAttempt,
  finishAttempt,
  heartbeat,
  type AttemptIdentity,
} from './attempts.ts'
export { checks } from './checks.ts'
export { describeTrigger } from './describe-trigger.ts'
export { nextDueTimes } from './due-times.ts'
export { pickNext, type Resources, type Usage, type Waiting } from './fair-share.ts'
export type * from './job-definition.ts'
export { jobManifest } from './job-manifest.ts'
export { jobMigrations } from './job-migrations.ts'
export { jobDetail, lateJobs, listJobs, type JobDetailInfo } from './job-queries.ts'
export type * from './job-views.ts'
export { job } from './job.ts'
export { builtInAppName } from './maintenance-protocol.ts'
export type * from './maintenance-protocol.ts'
export { markDue } from './mark-due.ts'
export { dayPartitions, partitionSet } from './partition-set.ts'
export { registerApp, type AppRegistration } from './register-app.ts'
export { requestRun, setPaused } from './request-run.ts'
export { findRun, listRuns, runsOverview, type RunFilter, type RunsOverview } from './run-queries.ts'
export { openScheduler, type Scheduler, type SchedulerOptions } from './scheduler.ts'
export type { PlacedAttempt } from './start-attempt.ts'
export { after, cron, every, manual, on } from './triggers.ts'
export { validateJobs } from './validate-jobs.ts'
