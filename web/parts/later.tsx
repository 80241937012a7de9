import { type ReactNode, useEffect, useState } from 'react'

type Part<Props> = (props: Props) => ReactNode

/**
 * A part whose code is fetched when it is first shown, or before by the same `load`. It appears as soon as the code is here;
 * React's `lazy` would hold it back for up to 300 ms once a placeholder was seen. A failed load is thrown to the page's boundary.
 */
export function showLater<Props extends object>(
  load: () => Promise<Part<Props>>,
  placeholder: ReactNode = null,
): Part<Props> {
  let loaded: Part<Props> | undefined
  return function Later(props) {
    const [outcome, setOutcome] = useState<{ readonly error?: unknown }>()
    useEffect(() => {
      if (loaded !== undefined) return
      load().then(
        (part) => {
          loaded = part
          setOutcome({})
        },
        (error: unknown) => setOutcome({ error }),
      )
    }, [])
    if (outcome?.error !== undefined) throw outcome.error
    const Loaded = loaded
    return Loaded === undefined ? placeholder : <Loaded {...props} />
  }
}
