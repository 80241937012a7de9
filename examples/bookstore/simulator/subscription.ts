import { switchOn, type Upload } from './device.ts'
import { seededRandom } from './random.ts'
import { billingServer, type Reader } from './readers.ts'

export type Plan = 'free' | 'trial' | 'monthly' | 'yearly'

/** What a reader may read with, from a moment on. */
export interface PlanChange {
  readonly atMs: number
  readonly plan: Plan
}

const day = 86_400_000
const prices = { monthly: 995, yearly: 9900 }

/** A reader's whole dealings with the till, as our billing server tells them. */
export function subscribe(
  seed: number,
  reader: Reader,
  endMs: number,
): { readonly plans: readonly PlanChange[]; readonly uploads: readonly Upload[] } {
  const random = seededRandom(`${seed}/billing/${reader.id}`)
  const server = switchOn(billingServer(reader.id))
  const plans: PlanChange[] = [{ atMs: reader.joinedMs, plan: 'free' }]

  const change = (atMs: number, name: string, plan: Plan, properties: object): void => {
    server.record(atMs, { kind: 'track', name, userId: reader.id, properties: { ...properties } })
    server.record(atMs, { kind: 'identify', name: 'identify', userId: reader.id, properties: { plan } })
    server.connect(atMs, random)
    if (plans.at(-1)!.plan !== plan) plans.push({ atMs, plan })
  }

  let atMs = reader.joinedMs + random.between(1, 40) * 60_000
  if (random.chance(0.15)) return { plans, uploads: [] }
  change(atMs, 'Trial Started', 'trial', { trial_days: 7 })
  atMs += 7 * day
  if (!random.chance(0.2 + 0.6 * reader.habit)) {
    plans.push({ atMs, plan: 'free' })
    return { plans, uploads: server.uploads() }
  }
  const plan = random.chance(0.2) ? 'yearly' : 'monthly'
  const terms = { plan, price_cents: prices[plan], currency: 'USD' }
  change(atMs, 'Subscription Started', plan, terms)
  const stay = 0.6 + 0.3 * reader.habit
  while (atMs < endMs) {
    const period = (plan === 'yearly' ? 365 : 30) * day
    if (!random.chance(stay)) {
      const reason = random.pick(['too expensive', 'too little time', 'missing books'])
      change(atMs + random.between(0.1, 0.9) * period, 'Subscription Cancelled', 'free', { plan, reason })
      break
    }
    atMs += period
    change(atMs, 'Subscription Renewed', plan, terms)
  }
  return { plans, uploads: server.uploads() }
}
