import { NacreError } from '../../base/index.ts'
import type { Command } from '../command.ts'
import { textTable } from '../text-table.ts'

export const keysCommand: Command = {
  name: 'keys',
  summary: 'List and make write keys: what apps send events with.',
  usage: '[create <name>]',
  flags: {},
  async run(context) {
    const client = await context.api()
    const [verb, name] = context.positionals
    if (verb === undefined) {
      const keys = await client.get<readonly { readonly name: string }[]>('write-keys')
      return context.print(
        context.json
          ? JSON.stringify(keys)
          : textTable(
              ['NAME'],
              keys.map((key) => [key.name]),
            ),
      )
    }
    if (verb !== 'create' || name === undefined)
      throw new NacreError('NACRE_USAGE', "Write 'nacre keys create <name>'.")
    const { writeKey } = await client.send<{ writeKey: string }>('POST', 'write-keys', { name })
    context.print(context.json ? JSON.stringify({ writeKey }) : writeKey)
  },
}
