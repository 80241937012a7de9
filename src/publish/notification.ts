import type { ExportManifest } from './export-snapshot.ts'
import type { Notification } from './feed-definition.ts'

/** The notification of an export that can be fetched below `publicUrl`. */
export function notificationOf(
  manifest: ExportManifest,
  facts: { publicUrl: string; committedAt: Date; exportedAt: Date },
): Notification {
  const { table, tableUuid, snapshotId } = manifest
  const urlOf = (file: string): string => `${facts.publicUrl}/${table}/${snapshotId}/${file}`
  return {
    specversion: '1.0',
    id: `${tableUuid}:${snapshotId}`,
    source: facts.publicUrl,
    type: 'dev.nacre.dataset.ready',
    subject: table,
    time: facts.exportedAt.toISOString(),
    datacontenttype: 'application/json',
    data: {
      table,
      snapshotId,
      sequenceNumber: manifest.sequenceNumber,
      rows: manifest.rows,
      committedAt: facts.committedAt.toISOString(),
      schema: manifest.schema,
      parts: manifest.parts.map(({ name, ...part }) => ({ url: urlOf(name), ...part })),
      manifestUrl: urlOf('manifest.json'),
    },
  }
}
