import type { Device } from './device.ts'
import type { Random } from './random.ts'

type Properties = Readonly<Record<string, unknown>>

interface Fault {
  readonly fault: string
  readonly name?: string
  readonly spoil: (properties: Properties) => Properties
}

const faults: readonly Fault[] = [
  {
    fault: 'a required property is missing',
    spoil: ({ edition: _dropped, ...rest }) => rest,
  },
  {
    fault: 'a number is sent as text',
    spoil: (properties) => ({ ...properties, to_position: String(properties['to_position']) }),
  },
  {
    fault: 'a value is not in the list',
    spoil: (properties) => ({ ...properties, platform: 'fridge' }),
  },
  {
    fault: 'the event is not in the plan',
    name: 'Reading Spam',
    spoil: (properties) => properties,
  },
]

/** What a faulty build sends beside a good span: the same, spoilt. */
export function recordFault(
  device: Device,
  random: Random,
  atMs: number,
  userId: string,
  span: Properties,
): void {
  const { fault, name = 'Reading Span', spoil } = random.pick(faults)
  device.record(atMs, { kind: 'track', name, userId, properties: spoil(span) }, fault)
}
