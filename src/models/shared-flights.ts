interface Flight<Result> {
  readonly result: Promise<Result>
  readonly controller: AbortController
  waiters: number
}

/** Lets callers that ask for the same thing at the same time share one piece of work. */
export class SharedFlights<Result> {
  readonly #flights = new Map<string, Flight<Result>>()

  /**
   * Waits for the work under `key`, and starts it when nobody else has. A caller whose `signal` aborts leaves; when the last one
   * has left, the work's own signal aborts.
   */
  async join(
    key: string,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    signal.throwIfAborted()
    const flight = this.#flights.get(key) ?? this.#start(key, work)
    flight.waiters += 1
    const left = Promise.withResolvers<never>()
    const leave = (): void => left.reject(signal.reason as Error)
    signal.addEventListener('abort', leave, { once: true })
    try {
      return await Promise.race([flight.result, left.promise])
    } finally {
      signal.removeEventListener('abort', leave)
      flight.waiters -= 1
      if (flight.waiters === 0 && this.#flights.get(key) === flight) {
        this.#flights.delete(key)
        flight.controller.abort(signal.reason)
      }
    }
  }

  #start(key: string, work: (signal: AbortSignal) => Promise<Result>): Flight<Result> {
    const controller = new AbortController()
    const flight = { result: work(controller.signal), controller, waiters: 0 }
    this.#flights.set(key, flight)
    const land = (): void => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key)
    }
    // Whoever waits gets the failure; the last one may have left before it.
    flight.result.then(land, land)
    return flight
  }
}
