import { PGlite, type PGliteOptions } from '@electric-sql/pglite'

type Execute = PGlite['execProtocolStream']

/**
 * A PGlite that stays stopped after a panic, such as of a disk without room for the next segment of its log. PostgreSQL ends its
 * process then; PGlite takes it for an ordinary error and, at the next message, spins for ever on a lock that the panic left held, in
 * this thread, so that not even a signal is heard.
 */
export class PanicSafePGlite extends PGlite {
  readonly #onPanic: (panic: Error) => void
  #panic: Error | undefined

  /** @param onPanic Called once; all calls fail from then on. */
  constructor(options: PGliteOptions, onPanic: (panic: Error) => void) {
    super(options)
    this.#onPanic = onPanic
  }

  get hasPanicked(): boolean {
    return this.#panic !== undefined
  }

  /** Whatever is asked of PGlite goes through here. */
  override async execProtocolStream(...call: Parameters<Execute>): ReturnType<Execute> {
    if (this.#panic !== undefined) throw this.#panic
    try {
      return await super.execProtocolStream(...call)
    } catch (error) {
      const { severity } = error as { severity?: unknown }
      if (severity === 'PANIC' || severity === 'FATAL') {
        this.#panic = error as Error
        this.#onPanic(this.#panic)
      }
      throw error
    }
  }
}
