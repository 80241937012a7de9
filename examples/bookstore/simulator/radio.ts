import type { HTTPClient, HTTPClientRequest, HTTPResponse } from '@segment/analytics-node'
import type { Radio } from './device.ts'

/** What was sent and what became of it. */
export interface Traffic {
  requests: number
  /** Events answered with 2xx, once per request that carried them. */
  acknowledged: number
  /** Of those, events that the network sent once more than the app knows. */
  duplicates: number
  /** Requests the network swallowed. */
  lost: number
  bytes: number
}

export const noTraffic = (): Traffic => ({ requests: 0, acknowledged: 0, duplicates: 0, lost: 0, bytes: 0 })

type Fetch = (
  url: string,
  init: { method: string; headers: Record<string, string>; body: string },
) => Promise<Response>

/**
 * The network of a simulated device: what Segment's client uses instead of `fetch`. It stamps `sentAt` with the device's own
 * clock, and once per upload it may lose the request, lose the answer, or send the request twice.
 */
export function deviceRadio(
  { clockErrorMs, radio, traffic }: { clockErrorMs: number; radio: Radio; traffic: Traffic },
  send: Fetch = fetch,
): HTTPClient {
  let mishap: Radio = radio
  const post = async ({ url, method, headers, body }: HTTPClientRequest): Promise<Response> => {
    traffic.requests++
    traffic.bytes += body.length
    const response = await send(url, { method, headers, body })
    await response.text()
    return response
  }
  return {
    async makeRequest(request): Promise<HTTPResponse> {
      const content = JSON.parse(request.body) as { sentAt: string; batch: unknown[] }
      const sentAt = new Date(Date.parse(content.sentAt) + clockErrorMs)
      const stamped = { ...request, body: JSON.stringify({ ...content, sentAt }) }
      const fate = mishap
      mishap = 'clean'
      if (fate === 'request-lost') {
        traffic.lost++
        throw new Error('the simulated network lost the request')
      }
      const response = await post(stamped)
      if (response.ok) traffic.acknowledged += content.batch.length
      if (fate === 'clean' || !response.ok) return response
      traffic.duplicates += content.batch.length
      if (fate === 'answer-lost') throw new Error('the simulated network lost the answer')
      const second = await post(stamped)
      if (second.ok) traffic.acknowledged += content.batch.length
      return response
    },
  }
}
