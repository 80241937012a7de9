import { countOf, NacreError } from '../../base/index.ts'
import type { RecentEvent, RejectedEvents } from '../../server/index.ts'
import { textFlag, type Command, type CommandContext } from '../command.ts'
import { formatAgo, printable, textTable } from '../text-table.ts'

export const eventsCommand: Command = {
  name: 'events',
  summary: 'Watch events arrive, see what was rejected and why, replay it.',
  usage: 'tail|rejected|replay',
  flags: {
    limit: { type: 'string', value: 'N', help: 'How many past events first, default 20.' },
    once: { type: 'boolean', help: 'tail: print what is there and end.' },
  },
  async run(context) {
    const [what = 'tail'] = context.positionals
    if (what === 'tail') return tail(context)
    if (what === 'rejected') return rejected(context)
    if (what === 'replay') {
      const answer = await (
        await context.api()
      ).send<{
        readonly read: number
        readonly landed: number
        readonly rejected: number
        readonly duplicates: number
      }>('POST', 'events/replay', {})
      return context.print(
        context.json
          ? JSON.stringify(answer)
          : `${countOf(answer.read, 'rejected event')} read again: ${answer.landed} landed, ${answer.duplicates} had landed before, ${answer.rejected} still ${answer.rejected === 1 ? 'breaks' : 'break'} the plan.`,
      )
    }
    throw new NacreError('NACRE_USAGE', `'nacre events ${what}' is not known; use tail, rejected or replay.`)
  },
}

async function tail(context: CommandContext): Promise<void> {
  const client = await context.api()
  const show = (event: RecentEvent): void =>
    context.print(
      context.json
        ? JSON.stringify(event)
        : printable(
            `${event.receivedAt.slice(11, 23)} ${event.verdict.padEnd(9)} ${event.name}  ${event.userId ?? event.anonymousId ?? ''}  ${event.reason ?? JSON.stringify(event.properties)}`,
          ),
    )
  const past = await client.get<readonly RecentEvent[]>(
    `events/recent?limit=${textFlag(context, 'limit') ?? '20'}`,
  )
  for (const event of past.toReversed()) show(event)
  if (context.flags['once'] === true) return
  for await (const { data } of client.stream('events/live', context.signal)) show(data as RecentEvent)
}

async function rejected(context: CommandContext): Promise<void> {
  const answer = await (
    await context.api()
  ).get<RejectedEvents>(`events/rejected?limit=${textFlag(context, 'limit') ?? '20'}`)
  if (context.json) return context.print(JSON.stringify(answer))
  if (answer.reasons.length === 0) return context.print('No event was rejected.')
  context.print(
    textTable(
      ['EVENT', 'REASON', 'COUNT', 'NEWEST'],
      answer.reasons.map(({ event, reason, count, newest }) => [event, reason, count, formatAgo(newest)]),
    ),
  )
}
