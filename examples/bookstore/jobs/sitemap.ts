import { after, job, type JobDefinition } from 'nacre'
import { books } from '../catalogue/books.ts'
import { catalogue } from './catalogue.ts'

const pages = books.map(({ id }) => `https://bookstore.example/books/${id}`)

/** A job need not be TypeScript: this one is a shell line, run with the same schedule, limits, log and retries. */
export const sitemap: JobDefinition = job('sitemap', {
  owner: 'shop-team@bookstore.example',
  team: 'shop',
  doc: 'Writes the addresses of all books into a text file.',
  trigger: after(catalogue),
  resources: { memory: '128MiB' },
  timeout: '1m',
  command: `cat > sitemap.txt <<'END'
${pages.join('\n')}
END
echo "sitemap.txt has $(wc -l < sitemap.txt) addresses"`,
})
