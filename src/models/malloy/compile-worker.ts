import { parentPort } from 'node:worker_threads'
import type {
  CompileRequest,
  DescribeRequest,
  Description,
  FromWorker,
  ToWorker,
} from './compile-protocol.ts'
import { compile, explainProblems, loadModel, type LoadedModel } from './compile.ts'

/** Entry of a worker thread: compiles one request at a time; the host sends the next after the answer. */
const port = parentPort!
const modelsKept = 16
const models = new Map<string, LoadedModel>()
const waiting = new Map<number, (description: Description) => void>()
let asked = 0

port.on('message', (message: ToWorker) => {
  if (message.kind === 'described') {
    waiting.get(message.id)?.(message.description)
    waiting.delete(message.id)
  } else {
    void answer(message.request)
  }
})

async function answer(request: CompileRequest): Promise<void> {
  try {
    const result = await explainProblems(request, async () => {
      const key = `${request.version} ${request.model}`
      const loaded = models.get(key) ?? (await loadModel(request, describe))
      models.delete(key)
      models.set(key, loaded)
      for (const oldest of [...models.keys()].slice(0, -modelsKept)) models.delete(oldest)
      return compile(loaded, request)
    })
    post({ kind: 'answer', answer: result })
  } catch (error) {
    post({ kind: 'failed', message: error instanceof Error ? error.message : String(error) })
  }
}

function describe(request: DescribeRequest): Promise<Description> {
  return new Promise((resolve) => {
    asked += 1
    waiting.set(asked, resolve)
    post({ kind: 'describe', id: asked, request })
  })
}

function post(message: FromWorker): void {
  port.postMessage(message)
}
