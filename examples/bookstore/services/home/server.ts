import { openHomeService } from './home-service.ts'

/** `node services/home/server.ts`; see the README for its environment. */
const { HOME_FOLDER = '.nacre/home', HOME_PORT = '7080', HOME_SECRET, HOME_TOKEN } = process.env
if (HOME_SECRET === undefined || HOME_TOKEN === undefined) {
  console.error('HOME_SECRET (of the feeds’ webhook) and HOME_TOKEN (of Nacre, to read feeds) must be set.')
  process.exit(1)
}
const home = await openHomeService({
  folder: HOME_FOLDER,
  secret: HOME_SECRET,
  token: HOME_TOKEN,
  port: Number(HOME_PORT),
})
console.log(`The Home service listens on ${home.url}.`)
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void home[Symbol.asyncDispose]())
