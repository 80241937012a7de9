import { countOf, NacreError } from '../../base/index.ts'
import type {
  MaintenancePlan,
  MaintenanceState,
  PartitionPage,
  SchemaVersion,
  SnapshotPage,
  SqlAnswer,
  TableDetail,
  TableListing,
  TableSnippet,
} from '../../server/index.ts'
import type { ApiClient } from '../api-client.ts'
import { textFlag, type CommandContext } from '../command.ts'
import { formatAgo, formatBytes, formatDuration, textTable } from '../text-table.ts'
import { stateOf } from './change-table.ts'
import { printAnswer } from './sql.ts'

/** One side of a table: what is asked for, and how it is shown. */
interface TableView<Answer> {
  readonly help: string
  readonly ask: (client: ApiClient, path: string, context: CommandContext) => Promise<Answer>
  readonly show: (answer: Answer, context: CommandContext) => void | Promise<void>
}

/** Keeps the type of what is asked and shown together. */
function view<Answer>(definition: TableView<Answer>): TableView<unknown> {
  return definition as TableView<unknown>
}

const firstRows = 50

/** By flag; without one `overview`. */
export const tableViews: Readonly<Record<string, TableView<unknown>>> = {
  columns: view<TableDetail>({
    help: 'Columns with types and ids, nested ones too.',
    ask: (client, path) => client.get(path),
    async show({ table }, { print }) {
      const { outerType, placedFields } = await import('../../platform/index.ts')
      const partitioned = new Map(table.spec.fields.map((field) => [field['source-id'], field.transform]))
      print(
        textTable(
          ['ID', 'COLUMN', 'TYPE', 'NOTE'],
          [...placedFields(table.schema).values()].map((field) => [
            field.id,
            '  '.repeat(field.depth) + field.name,
            outerType(field.type),
            [
              field.required ? 'required' : '',
              table.key.includes(field.path) ? 'key' : '',
              partitioned.has(field.id) ? `partition by ${partitioned.get(field.id)!}` : '',
              table.personal.includes(field.path) ? 'personal' : '',
              field.doc ?? '',
            ]
              .filter((note) => note !== '')
              .join('; '),
          ]),
        ),
      )
    },
  }),

  history: view<readonly SchemaVersion[]>({
    help: 'How the columns changed, version by version.',
    ask: (client, path) => client.get(`${path}/schemas`),
    show(versions, { print }) {
      print(
        textTable(
          ['VERSION', 'FIRST USED', 'CHANGE'],
          versions.flatMap(({ schemaId, isCurrent, firstUsedAt, columns, changes }) => {
            const words =
              changes.length === 0
                ? [`began with ${countOf(columns, 'column')}`]
                : changes.map((one) => one.words)
            return words.map((text, index) =>
              index === 0
                ? [`${schemaId}${isCurrent ? ' (current)' : ''}`, formatAgo(firstUsedAt), text]
                : ['', '', text],
            )
          }),
        ),
      )
    },
  }),

  snapshots: view<SnapshotPage>({
    help: 'What each commit did, by whom, newest first.',
    async ask(client, path, { flags }) {
      let page = await client.get<SnapshotPage>(`${path}/snapshots?limit=${flags['all'] ? 500 : firstRows}`)
      const snapshots = [...page.snapshots]
      while (flags['all'] && page.nextBefore !== null) {
        page = await client.get<SnapshotPage>(`${path}/snapshots?limit=500&before=${page.nextBefore}`)
        snapshots.push(...page.snapshots)
      }
      return { ...page, snapshots }
    },
    show({ snapshots, total }, { print }) {
      print(
        textTable(
          ['SNAPSHOT', 'WHEN', 'CHANGE', 'BY', 'ROWS', 'SIZE', 'NAMES'],
          snapshots.map((one) => [
            one.snapshotId,
            formatAgo(one.committedAt),
            one.change,
            one.author === null ? null : one.author.kind === 'run' ? one.author.job : one.author.name,
            one.rows,
            one.sizeBytes === null ? null : formatBytes(one.sizeBytes),
            [...one.refs.map(({ name }) => name), ...(one.isInHistory ? [] : ['set aside'])].join(', '),
          ]),
        ),
      )
      tellOfMore(print, snapshots.length, total, 'snapshots')
    },
  }),

  files: view<PartitionPage>({
    help: 'Partitions with their files and sizes.',
    ask: (client, path, context) =>
      client.get(
        `${path}/partitions?${new URLSearchParams({ limit: context.flags['all'] ? '500' : String(firstRows), ...stateGiven(context) }).toString()}`,
      ),
    show({ partitions, total, files, fragmented, targetBytes }, { print }) {
      print(
        textTable(
          ['PARTITION', 'FILES', 'ROWS', 'SIZE', 'AVERAGE', 'SMALLEST', 'NOTE'],
          partitions.map((one) => [
            one.label,
            one.files,
            one.rows,
            formatBytes(one.sizeBytes),
            formatBytes(one.averageBytes),
            formatBytes(one.smallestBytes),
            [
              one.isFragmented ? 'small files' : '',
              one.deleteFiles === 0 ? '' : countOf(one.deleteFiles, 'delete file'),
            ]
              .filter((note) => note !== '')
              .join(', '),
          ]),
        ),
      )
      tellOfMore(print, partitions.length, total, 'partitions')
      print(
        `\n${countOf(files, 'file')} in ${countOf(total, 'partition')}${fragmented === 0 ? '' : `; ${fragmented.toLocaleString('en-US')} would be compacted into files of about ${formatBytes(targetBytes)}`}`,
      )
    },
  }),

  readers: view<TableDetail>({
    help: 'Who writes it and who reads it.',
    ask: (client, path) => client.get(path),
    show(detail, { print }) {
      print(
        textTable(
          ['WHO', 'HOW', 'WHEN'],
          [
            ...detail.writers.map((name) => [name, 'writes it', null]),
            ...(detail.table.origin === 'events' ? [['the collector', 'lands events in it', null]] : []),
            ...detail.outsideWriters.map(({ name, lastAt }) => [name, 'wrote it', formatAgo(lastAt)]),
            ...detail.readers.map((name) => [name, 'reads it', null]),
            ...(detail.table.isFeed ? [['its feed', 'publishes every commit', null]] : []),
            ...detail.registered.map(({ reader, behind, at }) => [
              reader,
              behind === null
                ? 'must begin anew'
                : behind === 0
                  ? 'has read all of it'
                  : `${countOf(behind, 'commit')} behind`,
              formatAgo(at),
            ]),
            ...detail.dashboards.map(({ name }) => [name, 'dashboard over it', null]),
          ],
        ),
      )
    },
  }),

  preview: view<SqlAnswer>({
    help: 'Only the first rows.',
    ask: (client, path, context) =>
      client.get(
        `${path}/preview?${new URLSearchParams({ limit: '20', ...stateGiven(context) }).toString()}`,
      ),
    show: (answer, { print, stdout }) => printAnswer(answer, print, stdout.columns),
  }),

  connect: view<readonly TableSnippet[]>({
    help: 'How to read it from PyIceberg, DuckDB, Spark and Trino.',
    ask: (client, path) => client.get(`${path}/snippets`),
    show: (snippets, { print }) => print(snippets.map(({ tool, text }) => `# ${tool}\n${text}`).join('\n\n')),
  }),

  maintenance: view<{ state: MaintenanceState; plan: MaintenancePlan }>({
    help: 'What compaction, expiry and the orphan sweep would do now; a dry run.',
    ask: async (client, path) => ({
      state: await client.get(`${path}/maintenance`),
      plan: await client.get(`${path}/maintenance/plan`),
    }),
    show({ state, plan }, { print }) {
      const { compaction, manifests, expiry, orphans } = plan
      print(
        `compacted ${state.lastCompactionAt === null ? 'never yet' : formatAgo(state.lastCompactionAt)}; ${countOf(state.snapshots, 'snapshot')}, the oldest ${formatAgo(state.oldestSnapshotAt)}\n`,
      )
      print(
        textTable(
          ['STEP', 'WOULD DO'],
          [
            [
              'compaction',
              compaction.files === 0
                ? null
                : `${countOf(compaction.files, 'file')} into about ${compaction.filesAfter}, ${formatBytes(compaction.sizeBytes)} (${compaction.reasons.join(', ')})`,
            ],
            [
              'manifests',
              manifests.after >= manifests.before ? null : `${manifests.before} into ${manifests.after}`,
            ],
            [
              'expiry',
              expiry.snapshots === 0
                ? null
                : `removes ${countOf(expiry.snapshots, 'snapshot')} and ${countOf(expiry.files, 'file')}`,
            ],
            [
              'orphans',
              orphans.problem ??
                (orphans.files === 0
                  ? null
                  : `removes ${countOf(orphans.files, 'file')}, ${formatBytes(orphans.sizeBytes)}`),
            ],
          ],
        ),
      )
    },
  }),
}

const overview = view<{ detail: TableDetail; page: SnapshotPage }>({
  help: '',
  ask: async (client, path) => ({
    detail: await client.get(path),
    page: await client.get(`${path}/snapshots?limit=5`),
  }),
  async show({ detail, page }, { print }) {
    const { table, partitioning, sortedBy, writers, readers, localPath } = detail
    const facts: readonly (readonly [string, string])[] = [
      [
        'rows',
        `${table.rows.toLocaleString('en-US')} in ${countOf(table.files, 'file')}${table.sizeBytes === null ? '' : `, ${formatBytes(table.sizeBytes)}`}`,
      ],
      ['changed', formatAgo(table.changed?.committedAt ?? null)],
      ['note', notesOf(table).join(', ')],
      [
        'owner',
        [table.owner, table.team === null ? null : `team ${table.team}`]
          .filter((part) => part !== null)
          .join(', '),
      ],
      ['key', table.key.join(', ')],
      ['partitioned', partitioning.join(', ')],
      ['sorted by', sortedBy.join(', ')],
      ['columns', `${table.schema.fields.length}; 'nacre tables ${table.name} --columns' shows them`],
      ['written by', [...writers, ...detail.outsideWriters.map(({ name }) => name)].join(', ')],
      ['read by', [...readers, ...detail.dashboards.map(({ title }) => title)].join(', ')],
      ['location', localPath ?? table.location],
    ]
    print(table.doc === null ? table.name : `${table.name}: ${table.doc}`)
    for (const [name, value] of facts) if (value !== '') print(`  ${name.padEnd(11)}  ${value}`)
    if (page.total > 0) print('')
    await tableViews['snapshots']!.show(page, { print } as CommandContext)
  },
})

/** `nacre tables <name> [--<view>]` */
export async function showTable(context: CommandContext, name: string): Promise<void> {
  const asked = Object.keys(tableViews).filter((flag) => context.flags[flag] === true)
  if (asked.length > 1)
    throw new NacreError(
      'NACRE_USAGE',
      `Give one of ${asked.map((flag) => `--${flag}`).join(' and ')}: each shows another side of the table.`,
    )
  const { ask, show } = asked[0] === undefined ? overview : tableViews[asked[0]]!
  const answer = await ask(await context.api(), `tables/${encodeURIComponent(name)}`, context)
  if (context.json) context.print(JSON.stringify(answer))
  else await show(answer, context)
}

function stateGiven(context: CommandContext): Readonly<Record<string, string>> {
  const at = textFlag(context, 'at')
  return at === undefined ? {} : stateOf(at)
}

function tellOfMore(print: CommandContext['print'], shown: number, total: number, noun: string): void {
  if (shown < total) print(`\n${shown} of ${total.toLocaleString('en-US')} ${noun}; --all shows more`)
}

/** What is special about a table; first of all that it is late. */
export function notesOf(table: TableListing, now: number = Date.now()): readonly string[] {
  const { freshUntil, isFeed, personal, origin } = table
  const lateMs = freshUntil === null ? 0 : now - Date.parse(freshUntil)
  return [
    lateMs > 0 ? `late by ${formatDuration(lateMs)}` : [],
    isFeed ? 'feed' : [],
    personal.length > 0 ? 'personal data' : [],
    origin === 'outside' ? 'made by an outside engine' : [],
  ].flat()
}
