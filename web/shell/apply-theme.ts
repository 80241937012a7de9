import { applyTheme, storedTheme } from './theme.ts'

// A script of its own, loaded before the first paint, so that a stored choice never flashes the other theme.
applyTheme(storedTheme())
