import type { PartitionTuple, PartitionValue } from '../manifests/data-file.ts'
import { entryStatus, type Manifest, type ManifestEntry } from '../manifests/manifest.ts'

/** Files per manifest. A commit that removes one of them writes the others again; a scan of one partition reads them all. */
export const filesPerManifest = 256

/** The same live files in few manifests, one or more per schema and spec, in order of partition so that a scan reads few of them. */
export function mergeManifests(manifests: readonly Manifest[]): readonly Manifest[] {
  const groups = Map.groupBy(manifests, ({ schema, spec }) => `${schema['schema-id']}/${spec['spec-id']}`)
  return [...groups.values()].flatMap((group) =>
    splitManifest({
      ...group[0]!,
      entries: group.flatMap(({ entries }) =>
        entries
          .filter(({ status }) => status !== entryStatus.deleted)
          .map((entry) => ({ ...entry, status: entryStatus.existing })),
      ),
    }),
  )
}

/** A manifest as several of about equal size when it names too many files, in order of partition. */
export function splitManifest(manifest: Manifest): readonly Manifest[] {
  const parts = Math.ceil(manifest.entries.length / filesPerManifest)
  if (parts <= 1) return manifest.entries.length === 0 ? [] : [manifest]
  const sorted = manifest.entries.toSorted(byPartition)
  const size = Math.ceil(sorted.length / parts)
  return Array.from({ length: parts }, (_, index) => ({
    ...manifest,
    entries: sorted.slice(index * size, (index + 1) * size),
  }))
}

function byPartition(one: ManifestEntry, other: ManifestEntry): number {
  return compareTuples(one.data_file.partition, other.data_file.partition)
}

/** Any order will do that keeps neighbours together: dates and times sort as text. */
function compareTuples(one: PartitionTuple, other: PartitionTuple): number {
  for (const name of Object.keys(one)) {
    const order = comparePartitionValues(one[name] ?? null, other[name] ?? null)
    if (order !== 0) return order
  }
  return 0
}

function comparePartitionValues(one: PartitionValue, other: PartitionValue): number {
  if (one === other) return 0
  if (one === null || other === null) return one === null ? -1 : 1
  return one < other ? -1 : 1
}
