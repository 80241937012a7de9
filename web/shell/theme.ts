/** What the reader chose; `system` follows the machine. */
export type Theme = 'system' | 'light' | 'dark'

const key = 'nacre-theme'
const themes: readonly Theme[] = ['system', 'light', 'dark']

export function storedTheme(): Theme {
  const stored = localStorage.getItem(key)
  return themes.find((theme) => theme === stored) ?? 'system'
}

export function applyTheme(theme: Theme): void {
  const { dataset } = document.documentElement
  if (theme === 'system') delete dataset['theme']
  else dataset['theme'] = theme
}

/** Stores and applies the next choice. */
export function switchTheme(current: Theme): Theme {
  const next = themes[(themes.indexOf(current) + 1) % themes.length]!
  localStorage.setItem(key, next)
  applyTheme(next)
  globalThis.dispatchEvent(new Event('themechange'))
  return next
}

/** Calls when colours change, by choice or by the machine; answers how to stop. */
export function onThemeChange(listener: () => void): () => void {
  const system = matchMedia('(prefers-color-scheme: dark)')
  globalThis.addEventListener('themechange', listener)
  system.addEventListener('change', listener)
  return () => {
    globalThis.removeEventListener('themechange', listener)
    system.removeEventListener('change', listener)
  }
}
