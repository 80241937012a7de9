import { useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useCallback, useEffect, useRef, useState } from 'react'
import { useLocation, useSearchParams } from 'wouter'
import { actions } from '../api/actions.ts'
import { ErrorBox } from '../parts/messages.tsx'
import { Mark } from '../shell/mark.tsx'

/** `?code=…` of a sign-in link is used at once; a token can be pasted otherwise. */
export default function SignInPage(): ReactNode {
  const [parameters] = useSearchParams()
  const code = parameters.get('code')
  const { signIn, isBusy, error } = useSignIn(safeAddress(parameters.get('next')))
  const [token, setToken] = useState('')
  const usedCode = useRef<string | null>(null)
  useEffect(() => {
    document.title = 'Sign in · Nacre'
    // A code is good once; an effect may run twice.
    if (code === null || usedCode.current === code) return
    usedCode.current = code
    void signIn({ code })
  }, [code, signIn])
  return (
    <main className="sign-in">
      <div className="sign-in-card">
        <Mark />
        <h1>Nacre</h1>
        {isBusy && code !== null && error === null ? (
          <p className="soft" role="status">
            Signing in…
          </p>
        ) : (
          <>
            <p className="soft">
              Open the link that <code>nacre up</code> printed, ask for a new one with{' '}
              <code>nacre sign-in</code>, or paste a token.
            </p>
            {error === null ? null : <ErrorBox title="Signing in failed" message={error} />}
            <form
              onSubmit={(event) => {
                event.preventDefault()
                void signIn({ token: token.trim() })
              }}
            >
              <label htmlFor="token">Token</label>
              <input
                id="token"
                type="password"
                autoComplete="current-password"
                autoFocus
                required
                value={token}
                onChange={({ target }) => setToken(target.value)}
              />
              <button type="submit" className="button button-main" disabled={isBusy}>
                Sign in
              </button>
            </form>
          </>
        )}
      </div>
    </main>
  )
}

function useSignIn(next: string) {
  const client = useQueryClient()
  const [, navigate] = useLocation()
  const [isBusy, setBusy] = useState(false)
  const [error, setError] = useState<string | null>(null)
  const signIn = useCallback(
    async (proof: Parameters<typeof actions.signIn>[0]): Promise<void> => {
      setBusy(true)
      setError(null)
      try {
        await actions.signIn(proof)
        client.clear()
        navigate(next, { replace: true })
      } catch (thrown) {
        setError((thrown as Error).message)
        setBusy(false)
      }
    },
    [client, navigate, next],
  )
  return { signIn, isBusy, error }
}

/** Only an address of this site: a link must not send people elsewhere with a session. */
function safeAddress(next: string | null): string {
  return next !== null && /^\/(?![/\\])/.test(next) ? next : '/'
}
