import { homeStyle } from './home-style.ts'

/** What a reader sees when the app opens. */
export interface Home {
  readonly reader: string
  readonly shelves: readonly Shelf[]
}

export interface Shelf {
  readonly title: string
  readonly books: readonly ShelfBook[]
}

export interface ShelfBook {
  readonly edition: string
  readonly title: string
  readonly author: string
  /** Why it is here. */
  readonly reason: string
  /** How much of it was read; null for a book not begun. */
  readonly percent: number | null
}

/** The Home screen as a page without scripts. */
export function homePage({ reader, shelves }: Home): string {
  const content =
    shelves.length === 0
      ? '<p>Nothing stands here yet. Books come as soon as you begin to read.</p>'
      : shelves.map(shelfSection).join('\n')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Your books</title>
<link rel="icon" href="data:,">
<style>${homeStyle}</style>
</head>
<body>
<header><h1>Your books</h1><p>Chosen for ${escape(reader)}</p></header>
<main>
${content}
</main>
</body>
</html>
`
}

function shelfSection({ title, books }: Shelf): string {
  return `<section>
<h2>${escape(title)}</h2>
<ul>
${books.map(bookItem).join('\n')}
</ul>
</section>`
}

function bookItem({ edition, title, author, reason, percent }: ShelfBook): string {
  const progress =
    percent === null
      ? ''
      : `<progress max="100" value="${percent}" aria-label="How much you have read"></progress>`
  return `<li>
<cite class="cover" style="--hue: ${hueOf(edition)}">${escape(title)}</cite>
${progress}<span class="author">${escape(author)}</span><small>${escape(reason)}</small>
</li>`
}

/** Each book keeps its colour. */
function hueOf(edition: string): number {
  return Buffer.from(edition).reduce((hue, byte) => (hue * 31 + byte) % 360, 7)
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

function escape(text: string): string {
  return text.replaceAll(/[&<>"]/g, (character) => entities[character]!)
}
