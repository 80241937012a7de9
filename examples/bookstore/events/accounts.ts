import { event, identify, Type, type EventDefinition } from 'nacre'

const platform = Type.Enum(['phone', 'tablet', 'web'])
const plan = Type.Enum(['monthly', 'yearly'])
const terms = {
  plan,
  price_cents: Type.Integer({ minimum: 0 }),
  currency: Type.String({ pattern: '^[A-Z]{3}$' }),
}
const owner = 'growth-team@bookstore.example'

export const reader: EventDefinition = identify({
  version: '1-0-0',
  owner,
  doc: 'What we know of a reader. The newest value of each trait holds.',
  properties: Type.Object({
    country: Type.Optional(Type.String({ pattern: '^[A-Z]{2}$' })),
    platform: Type.Optional(platform),
    plan: Type.Optional(Type.Enum(['free', 'trial', 'monthly', 'yearly'])),
    email: Type.Optional(Type.String()),
  }),
  personal: ['email'],
})

export const signedUp: EventDefinition = event('Signed Up', {
  version: '1-0-0',
  owner,
  properties: Type.Object({ platform, channel: Type.Enum(['organic', 'friend', 'advert']) }),
})

export const trialStarted: EventDefinition = event('Trial Started', {
  version: '1-0-0',
  owner,
  properties: Type.Object({ trial_days: Type.Integer({ minimum: 1 }) }),
})

export const subscriptionStarted: EventDefinition = event('Subscription Started', {
  version: '1-0-0',
  owner,
  properties: Type.Object(terms),
})

export const subscriptionRenewed: EventDefinition = event('Subscription Renewed', {
  version: '1-0-0',
  owner,
  properties: Type.Object(terms),
})

export const subscriptionCancelled: EventDefinition = event('Subscription Cancelled', {
  version: '1-0-0',
  owner,
  properties: Type.Object({ plan, reason: Type.String() }),
})
