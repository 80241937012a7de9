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

/** The Home screen as a plain page. */
export function homePage({ reader, shelves }: Home): string {
  const shelf = ({ title, books }: Shelf): string => `<h2>${escape(title)}</h2>
<ul>
${books.map(book).join('\n')}
</ul>`
  const book = ({ title, author, reason, percent }: ShelfBook): string => {
    const read =
      percent === null ? '' : ` <progress max="100" value="${percent}"></progress> ${Math.round(percent)} %`
    return `<li><cite>${escape(title)}</cite> by ${escape(author)}${read} <small>${escape(reason)}</small></li>`
  }
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Home of ${escape(reader)}</title></head>
<body>
<h1>Home of ${escape(reader)}</h1>
${shelves.map(shelf).join('\n')}
</body>
</html>
`
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

function escape(text: string): string {
  return text.replaceAll(/[&<>"]/g, (character) => entities[character]!)
}
