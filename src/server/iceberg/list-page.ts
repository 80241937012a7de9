import { NacreError } from '../../base/index.ts'
import type { NamePage, PageRequest } from '../../tables/index.ts'

type Query = Readonly<Record<string, string | undefined>>

const largestPage = 1000

/** The page a client asks for, or every name when it does not know of pages: then it sends no `pageToken`. */
export async function listPage(
  { pageToken, pageSize }: Query,
  list: (page: PageRequest) => Promise<NamePage>,
): Promise<NamePage> {
  const limit = pageSize === undefined ? largestPage : Math.min(readSize(pageSize), largestPage)
  if (pageToken !== undefined) return list({ limit, ...(pageToken === '' ? {} : { after: pageToken }) })
  const names: string[] = []
  for (let after: string | null | undefined; after !== null;) {
    const page: NamePage = await list({ limit: largestPage, after })
    names.push(...page.names)
    after = page.next
  }
  return { names, next: null }
}

function readSize(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new NacreError('NACRE_INPUT', `pageSize '${text}' is not a whole number of at least 1.`)
}
