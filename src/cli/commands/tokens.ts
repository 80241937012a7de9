import { NacreError } from '../../base/index.ts'
import type { TokenInfo } from '../../platform/index.ts'
import { textFlag, type Command } from '../command.ts'
import { formatAgo, textTable } from '../text-table.ts'

export const tokensCommand: Command = {
  name: 'tokens',
  summary: 'List, make and revoke tokens of people and services.',
  usage: '[create|revoke <name>]',
  flags: {
    role: { type: 'string', value: 'ROLE', help: 'viewer (default), editor or admin.' },
    team: { type: 'string', value: 'TEAM', help: 'Limit the token to one team.' },
  },
  async run(context) {
    const client = await context.api()
    const [verb, name] = context.positionals
    if (verb === undefined) {
      const tokens = await client.get<readonly TokenInfo[]>('tokens')
      if (context.json) return context.print(JSON.stringify(tokens))
      return context.print(
        textTable(
          ['NAME', 'ROLE', 'TEAM', 'LAST USED'],
          tokens.map((token) => [token.name, token.role, token.team, formatAgo(token.lastUsedAt)]),
        ),
      )
    }
    if ((verb !== 'create' && verb !== 'revoke') || name === undefined) {
      throw new NacreError(
        'NACRE_USAGE',
        "Write 'nacre tokens create <name>' or 'nacre tokens revoke <name>'.",
      )
    }
    if (verb === 'revoke') {
      await client.send('DELETE', `tokens/${encodeURIComponent(name)}`)
      return context.print(`Token '${name}' is revoked.`)
    }
    const { token } = await client.send<{ token: string }>('POST', 'tokens', {
      name,
      role: textFlag(context, 'role') ?? 'viewer',
      team: textFlag(context, 'team') ?? null,
    })
    context.print(context.json ? JSON.stringify({ token }) : token)
  },
}
