// Makes this checkout importable as `nacre` from the example, as an installed package is. npm cannot: a workspace that depends on
// its own root by path breaks `npm ci`. Plain JavaScript, for it runs with whatever Node runs npm.
import { lstatSync, mkdirSync, symlinkSync } from 'node:fs'

mkdirSync('node_modules', { recursive: true })
if (lstatSync('node_modules/nacre', { throwIfNoEntry: false }) === undefined)
  symlinkSync('..', 'node_modules/nacre', 'junction')
