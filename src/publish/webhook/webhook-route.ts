import { NacreError, type Clock } from '../../base/index.ts'
import type { Route } from '../route.ts'
import { signatureHeader } from './signature.ts'

/** What a webhook needs. */
export interface WebhookOptions {
  readonly url: string
  /** Each signs. */
  readonly secrets: readonly string[]
  /** How long the receiver may take. */
  readonly timeoutMs: number
}

/** Posts each notification, signed. Any answer but 2xx is a failure; redirects are not followed. */
export function webhookRoute(
  options: WebhookOptions,
  { clock, fetch }: { clock: Clock; fetch: typeof globalThis.fetch },
): Route {
  return {
    async send({ notification, body }, signal) {
      const response = await fetch(options.url, {
        method: 'POST',
        headers: {
          'content-type': 'application/cloudevents+json; charset=utf-8',
          'nacre-message-id': notification.id,
          'nacre-signature': signatureHeader(body, options.secrets, Math.floor(clock.now() / 1000)),
        },
        body,
        redirect: 'manual',
        signal: AbortSignal.any([signal, AbortSignal.timeout(options.timeoutMs)]),
      })
      await response.body?.cancel()
      if (!response.ok) {
        throw new NacreError(
          'NACRE_UNAVAILABLE',
          `The receiver answered ${response.status} ${response.statusText}`.trimEnd() + '.',
        )
      }
    },
  }
}
