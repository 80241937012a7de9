import type { Notification } from './notification.ts'

/** A notification on its way: its meaning, and its body byte for byte. */
export interface OutgoingMessage {
  readonly notification: Notification
  readonly body: string
}

/** Carries notifications to one place. */
export interface Route {
  /** Resolves once the other side has taken the message; what it throws is recorded, and the message is sent again later. */
  send(message: OutgoingMessage, signal: AbortSignal): Promise<void>
}

/** A route, or why notifications are not sent on it. */
export type RouteOrSkip = Route | { readonly skip: string }
