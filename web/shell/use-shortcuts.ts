import { useEffect } from 'react'
import { useLocation } from 'wouter'
import { places } from './places.ts'

interface ShortcutActions {
  readonly openPalette: () => void
  readonly openHelp: () => void
}

/** How long `g` waits for its second key. */
const chordMs = 1_500

/** The keys of every page: Ctrl+K, `?`, `/`, and `g` with a place's key. Typing in a field is left alone. */
export function useShortcuts({ openPalette, openHelp }: ShortcutActions): void {
  const [, navigate] = useLocation()
  useEffect(() => {
    let chordUntil = 0
    const onKeyDown = (event: KeyboardEvent): void => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault()
        openPalette()
        return
      }
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
      const isSecond = event.timeStamp < chordUntil
      chordUntil = 0
      const place = isSecond ? places.find(({ key }) => key === event.key) : undefined
      if (place !== undefined) navigate(place.address)
      else if (event.key === 'g') chordUntil = event.timeStamp + chordMs
      else if (event.key === '?') openHelp()
      else if (event.key === '/') focusMainSearch(event)
    }
    document.addEventListener('keydown', onKeyDown)
    return () => document.removeEventListener('keydown', onKeyDown)
  }, [navigate, openHelp, openPalette])
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && (target.matches('input, textarea, select') || target.isContentEditable)
  )
}

function focusMainSearch(event: KeyboardEvent): void {
  const field = document.querySelector<HTMLInputElement>('[data-main-search]')
  if (field === null) return
  event.preventDefault()
  field.focus()
}
