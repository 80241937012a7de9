/** `npm run docs`: writes the generated reference pages. */
import { writeFileSync } from 'node:fs'
import { referencePages } from './reference-pages.ts'

for (const [path, text] of Object.entries(referencePages())) {
  writeFileSync(path, text)
  console.log(path)
}
