/** What the first screen does not need: pages with dialogs, tabs or menus, and the library of those. One file for the browser. */
export { default as DashboardPage } from './pages/dashboard-page.tsx'
export { default as EventsPage } from './pages/events-page.tsx'
export { default as JobPage } from './pages/job-page.tsx'
export { default as RunPage } from './pages/run-page.tsx'
export { default as SqlPage } from './pages/sql-page.tsx'
export { default as TablePage } from './pages/table-page.tsx'
export { default as CommandPalette } from './shell/command-palette.tsx'
export { default as ShortcutsHelp } from './shell/shortcuts-help.tsx'
