import type { Random } from './random.ts'

export type Platform = 'phone' | 'tablet' | 'web' | 'server'

/** Something that runs our app, or our own billing server. */
export interface DeviceProfile {
  readonly id: string
  readonly platform: Platform
  /** What its clock shows less the true time. */
  readonly clockErrorMs: number
  /** How often it has no network when reading ends. */
  readonly offlineRate: number
  /** A build of the app with a fault: some of what it sends breaks the tracking plan. */
  readonly faulty: boolean
}

/** What an app asks its event library to send. */
export interface Call {
  readonly kind: 'track' | 'identify'
  /** Event's name; `identify` for traits. */
  readonly name: string
  readonly messageId: string
  readonly userId: string
  /** Properties, or traits. */
  readonly properties: Readonly<Record<string, unknown>>
  /** On the device's clock. */
  readonly deviceMs: number
  /** Why the tracking plan must refuse it; null for a good one. */
  readonly fault: string | null
}

/** What the network does to an upload. */
export type Radio = 'clean' | 'request-lost' | 'answer-lost' | 'sent-twice'

/** A device's queue, emptied in one go. */
export interface Upload {
  readonly device: DeviceProfile
  /** When it gets through, true time. */
  readonly atMs: number
  readonly radio: Radio
  readonly calls: readonly Call[]
}

/** A device with its queue of events not yet sent. */
export interface Device {
  readonly profile: DeviceProfile
  /** How many events it has made: the next one's number. */
  sequence(): number
  /** Puts an event in the queue, at a true time. Times must not decrease. */
  record(atMs: number, call: Omit<Call, 'messageId' | 'deviceMs' | 'fault'>, fault?: string): void
  /** Tries to send: now, or hours to days later when there is no network. */
  connect(atMs: number, random: Random): void
  /** All uploads so far, and the one that waits for the network. */
  uploads(): readonly Upload[]
}

const hour = 3_600_000

/** Switches a device on, its queue empty. */
export function switchOn(profile: DeviceProfile): Device {
  const uploads: Upload[] = []
  let queue: Call[] = []
  let sequence = 0
  let waiting: { readonly untilMs: number; readonly radio: Radio } | null = null

  const send = (atMs: number, radio: Radio, keepsQueue = false): void => {
    if (queue.length > 0) uploads.push({ device: profile, atMs, radio, calls: queue })
    queue = keepsQueue ? [...queue] : []
    waiting = null
  }
  const reconnect = (nowMs: number): void => {
    if (waiting !== null && waiting.untilMs <= nowMs) send(waiting.untilMs, waiting.radio)
  }
  return {
    profile,
    sequence: () => sequence,
    record(atMs, call, fault) {
      reconnect(atMs)
      const messageId = `${profile.id}-${sequence++}`
      queue.push({
        ...call,
        messageId,
        deviceMs: Math.round(atMs + profile.clockErrorMs),
        fault: fault ?? null,
      })
    },
    connect(atMs, random) {
      reconnect(atMs)
      if (waiting !== null) return
      const radio = random.weighted<Radio>(['clean', 'request-lost', 'answer-lost', 'sent-twice'], (kind) =>
        kind === 'clean' ? 0.982 : 0.006,
      )
      if (random.chance(profile.offlineRate)) {
        waiting = { untilMs: atMs + 6 * hour * random.factor(1.4), radio }
      } else {
        // The app may die before it has noted that its queue was sent, and then sends it again another day.
        send(atMs + random.between(300, 4000), radio, random.chance(0.005))
      }
    },
    uploads: () =>
      waiting === null
        ? uploads
        : [...uploads, { device: profile, atMs: waiting.untilMs, radio: waiting.radio, calls: queue }],
  }
}
