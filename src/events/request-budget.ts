/** Lets each name spend `budget` in every window of `windowMs`. */
export class RequestBudget {
  readonly #budget: number
  readonly #windowMs: number
  #window = -1
  #spent = new Map<string, number>()

  constructor(budget: number, windowMs: number) {
    this.#budget = budget
    this.#windowMs = windowMs
  }

  /** Spends `amount` if it is left; else spends nothing and answers false. */
  take(name: string, amount: number, now: number): boolean {
    const window = Math.floor(now / this.#windowMs)
    if (window !== this.#window) {
      this.#window = window
      this.#spent.clear()
    }
    const spent = (this.#spent.get(name) ?? 0) + amount
    if (spent > this.#budget) return false
    this.#spent.set(name, spent)
    return true
  }
}
