import { NacreError, type Clock, type Log } from '../base/index.ts'
import { routeName, type FeedManifest } from './feed-definition.ts'
import type { RouteOrSkip } from './route.ts'
import { webhookRoute } from './webhook/webhook-route.ts'

/** What the routes that feeds declare need. */
export interface RoutesOptions {
  /** The broker of `rabbitmq` routes. */
  readonly amqpUrl: string | undefined
  /** Variables that `env:NAME` names. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly timeoutMs: number
}

/** The ways out. */
export interface OpenRoutes extends AsyncDisposable {
  /** The route of that name, or why a feed's notifications are not sent on it. Throws NACRE_INPUT when a variable is not set. */
  find(feed: FeedManifest, name: string): RouteOrSkip
}

/** Opens the ways out that settings allow; the broker's client is loaded when a broker is configured. */
export async function openRoutes(
  { amqpUrl, environment, timeoutMs }: RoutesOptions,
  effects: { clock: Clock; log: Log; fetch: typeof globalThis.fetch },
): Promise<OpenRoutes> {
  const broker =
    amqpUrl === undefined
      ? undefined
      : (await import('./rabbitmq/rabbitmq-route.ts')).openRabbitmqRoute(
          { url: amqpUrl, timeoutMs },
          effects.log,
        )
  const resolve = (text: string): string => {
    if (!text.startsWith('env:')) return text
    const value = environment[text.slice(4)]
    if (value === undefined || value === '') {
      throw new NacreError(
        'NACRE_INPUT',
        `The variable ${text.slice(4)} is not set where Nacre runs; set it and restart.`,
      )
    }
    return value
  }
  return {
    find(feed, name) {
      const declared = feed.routes.find((route) => routeName(route) === name)
      if (declared === undefined) return { skip: 'the feed no longer declares this route' }
      switch (declared.kind) {
        case 'rabbitmq':
          return broker ?? { skip: 'no broker is configured (NACRE_AMQP_URL)' }
        case 'webhook':
          return webhookRoute(
            { url: resolve(declared.url), secrets: [declared.secret].flat().map(resolve), timeoutMs },
            effects,
          )
      }
    },
    async [Symbol.asyncDispose]() {
      await broker?.[Symbol.asyncDispose]()
    },
  }
}
