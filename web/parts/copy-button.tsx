import { type ReactNode, useState } from 'react'
import { Icon } from './icon.tsx'

/** Copies a text, and says for a moment that it did. */
export function CopyButton({
  text,
  label = 'Copy',
}: {
  readonly text: () => string
  readonly label?: string
}): ReactNode {
  const [outcome, setOutcome] = useState<'copied' | 'refused' | null>(null)
  const copy = async (): Promise<void> => {
    setOutcome(await copyText(text()))
    setTimeout(() => setOutcome(null), 2_000)
  }
  return (
    <button type="button" className="button" onClick={() => void copy()}>
      <Icon name={outcome === 'copied' ? 'check' : 'copy'} />
      <span aria-live="polite">
        {outcome === null ? label : outcome === 'copied' ? 'Copied' : 'Not allowed'}
      </span>
    </button>
  )
}

/** Browsers offer the clipboard to pages of https and of this machine only. */
async function copyText(text: string): Promise<'copied' | 'refused'> {
  try {
    await navigator.clipboard.writeText(text)
    return 'copied'
  } catch {
    return 'refused'
  }
}
