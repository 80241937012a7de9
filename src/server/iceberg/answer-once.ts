import type { IdempotentRequest } from '../../tables/index.ts'
import type { Answer, Call, Endpoint } from './endpoint.ts'
import type { Replies } from './replies.ts'

/** What an endpoint answers; to a request with a key that was answered before, the same again. Refusals are answers too. */
export async function answerOnce(
  endpoint: Endpoint,
  call: Omit<Call<unknown>, 'within'>,
  {
    once,
    replies,
    refuse,
  }: {
    once: IdempotentRequest | null
    replies: Replies
    /** `isUndecided`: the work was done but for the commit, so it may have happened or not. */
    refuse: (thrown: unknown, state: { isUndecided: boolean }) => Answer
  },
): Promise<Answer> {
  const known = once && (await replies.find(once))
  if (known) return known
  let isAtCommit = false
  try {
    const answer = await endpoint.answer({
      ...call,
      within: (answerOf) => ({
        async within(transaction, _committed, tables) {
          if (once) await replies.remember(transaction, once, answerOf(tables))
          isAtCommit = true
        },
      }),
    })
    if (once && !isAtCommit) await replies.rememberAfter(once, answer)
    return answer
  } catch (thrown) {
    // This request, or the same sent at the same time, may have done the work. When that cannot be learnt either, the refusal stands.
    const done = once && (await replies.find(once).catch(() => undefined))
    if (done) return done
    const refused = refuse(thrown, { isUndecided: isAtCommit })
    if (once) await replies.rememberAfter(once, refused)
    return refused
  }
}
