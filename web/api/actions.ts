import type { ReplayAnswer, RunAnswer, RunInfo, RunRequest, SqlAnswer } from '../../src/server/contract.ts'
import { path, request } from './client.ts'

/** Everything the pages do, as against ask. */
export const actions = {
  signIn: (proof: { readonly code: string } | { readonly token: string }) =>
    request<unknown>('session', { method: 'POST', body: proof }),
  signOut: () => request<unknown>('session', { method: 'DELETE' }),
  runJob: (app: string, job: string, body: RunRequest) =>
    request<RunAnswer>(path`jobs/${app}/${job}/run`, { method: 'POST', body }),
  pauseJob: (app: string, job: string, paused: boolean) =>
    request<unknown>(path`jobs/${app}/${job}/pause`, { method: 'POST', body: { paused } }),
  killRun: (id: string) => request<RunInfo>(path`runs/${id}/kill`, { method: 'POST' }),
  rollBack: (table: string, snapshotId: string) =>
    request<unknown>(path`tables/${table}/rollback`, { method: 'POST', body: { snapshotId } }),
  createTag: (table: string, tag: string, snapshotId: string) =>
    request<unknown>(path`tables/${table}/tags`, { method: 'POST', body: { tag, snapshotId } }),
  dropReader: (table: string, reader: string) =>
    request<unknown>(path`tables/${table}/readers/${reader}`, { method: 'DELETE' }),
  dropRef: (table: string, ref: string) =>
    request<unknown>(path`tables/${table}/refs/${ref}`, { method: 'DELETE' }),
  sql: (sql: string, limit: number, signal: AbortSignal) =>
    request<SqlAnswer>('sql', { method: 'POST', body: { sql, limit }, signal }),
  replayFeed: (
    table: string,
    body: { readonly route?: string; readonly snapshotId?: string; readonly dead?: true },
  ) => request<ReplayAnswer>(path`feeds/${table}/replay`, { method: 'POST', body }),
}
