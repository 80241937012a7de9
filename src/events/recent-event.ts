/** An event as the tail shows it. */
export interface RecentEvent {
  readonly receivedAt: string
  readonly type: string
  /** Event name; for other calls than track the type. */
  readonly name: string
  readonly userId: string | null
  readonly anonymousId: string | null
  readonly messageId: string
  readonly verdict: 'landed' | 'rejected' | 'duplicate'
  /** Why it was rejected. */
  readonly reason: string | null
  readonly properties: unknown
}
