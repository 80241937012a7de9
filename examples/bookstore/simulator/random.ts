/** Numbers that look random and are the same for the same seed. */
export interface Random {
  /** From 0 up to, but not, 1. */
  next(): number
  between(low: number, high: number): number
  integer(low: number, high: number): number
  chance(probability: number): boolean
  /** Around 1, always above 0; `spread` is the standard deviation of its logarithm. */
  factor(spread: number): number
  pick<Item>(items: readonly Item[]): Item
  /** One item, each as likely as its weight. */
  weighted<Item>(items: readonly Item[], weight: (item: Item) => number): Item
}

/** A source of its own for each seed text, so that one thing's chance never depends on how often another was asked. */
export function seededRandom(seed: string): Random {
  let state = hash(seed)
  // mulberry32, by Tommy Ettinger (public domain).
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const between = (low: number, high: number): number => low + next() * (high - low)
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
  return {
    next,
    between,
    integer: (low, high) => Math.floor(between(low, high + 1)),
    chance: (probability) => next() < probability,
    factor: (spread) => Math.exp(spread * normal()),
    pick: (items) => items[Math.floor(next() * items.length)]!,
    weighted(items, weight) {
      let rest = next() * items.reduce((sum, item) => sum + weight(item), 0)
      return items.find((item) => (rest -= weight(item)) < 0) ?? items.at(-1)!
    },
  }
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let index = 0; index < text.length; index++)
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193)
  return value
}
