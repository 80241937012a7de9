import { extname } from 'node:path'
import { Worker, type WorkerOptions } from 'node:worker_threads'

/**
 * Starts a worker thread from a file beside the caller's, whether sources run as they lie or were emitted as JavaScript.
 * @param path without its extension, such as `./export-worker`.
 * @param importMetaUrl of the caller.
 */
export function startWorker(path: string, importMetaUrl: string, options: WorkerOptions = {}): Worker {
  return new Worker(new URL(path + extname(importMetaUrl), importMetaUrl), options)
}
