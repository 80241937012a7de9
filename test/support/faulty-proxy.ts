import { connect, createServer, type Socket } from 'node:net'

/** What a network does to what goes through it. */
export type NetworkFault =
  | 'none'
  /** Bytes stay where they are: nothing arrives, nothing breaks. */
  | 'stall'
  /** Every connection breaks at once, and new ones are refused. */
  | 'cut'
  /** Bytes towards the server vanish without a sign. */
  | 'drop'

/** A TCP proxy in front of a port of this machine, whose network fails on demand. */
export interface FaultyProxy extends AsyncDisposable {
  readonly port: number
  fault: NetworkFault
}

/** Starts a proxy in front of `target`. */
export async function startFaultyProxy(target: number): Promise<FaultyProxy> {
  let fault: NetworkFault = 'none'
  const pairs = new Set<readonly [client: Socket, server: Socket]>()
  const proxy = createServer((client) => {
    if (fault === 'cut') return void client.destroy()
    const server = connect(target, '127.0.0.1')
    const pair = [client, server] as const
    pairs.add(pair)
    const forward = (from: Socket, to: Socket, isToServer: boolean): void => {
      from.on('data', (chunk) => {
        if (fault === 'drop' && isToServer) return
        if (!to.write(chunk)) {
          from.pause()
          to.once('drain', () => (fault === 'stall' ? undefined : from.resume()))
        }
      })
      from.on('error', () => undefined) // the other side is told by its closing
      from.on('close', () => {
        to.destroy()
        pairs.delete(pair)
      })
    }
    forward(client, server, true)
    forward(server, client, false)
    if (fault === 'stall') pause(pair)
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  return {
    port: (proxy.address() as { port: number }).port,
    get fault() {
      return fault
    },
    set fault(next) {
      fault = next
      for (const pair of pairs) {
        if (next === 'cut') pair.forEach((socket) => socket.destroy())
        else if (next === 'stall') pause(pair)
        else pair.forEach((socket) => socket.resume())
      }
    },
    async [Symbol.asyncDispose]() {
      for (const pair of pairs) pair.forEach((socket) => socket.destroy())
      await new Promise((resolve) => proxy.close(resolve))
    },
  }
}

function pause(pair: readonly Socket[]): void {
  for (const socket of pair) socket.pause()
}
