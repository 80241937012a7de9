import type { Command } from '../command.ts'

export const signInCommand: Command = {
  name: 'sign-in',
  summary: 'Print a one-time link that signs a browser in.',
  usage: '',
  flags: {},
  async run({ api, json, print }) {
    const link = await (await api()).send<{ url: string }>('POST', 'sign-in-links', {})
    print(json ? JSON.stringify(link) : link.url)
  },
}
