/** How to read a table from elsewhere, ready to copy. */
export interface TableSnippet {
  readonly tool: string
  readonly language: 'python' | 'sql' | 'shell'
  readonly text: string
}

/** Put where the reader's own token goes. */
const tokenPlaceholder = '<token>'

/**
 * Snippets that read one table through the REST catalog.
 * @param url of the platform, without `/` at its end.
 * @param snapshotId read as it was then; the current state when null.
 */
export function tableSnippets(
  name: string,
  { url, snapshotId }: { url: string; snapshotId: string | null },
): readonly TableSnippet[] {
  const catalog = `${url}/iceberg`
  const at = (text: string): string => (snapshotId === null ? '' : text)
  return [
    {
      tool: 'PyIceberg',
      language: 'python',
      text: `from pyiceberg.catalog import load_catalog

catalog = load_catalog("nacre", type="rest", uri="${catalog}", token="${tokenPlaceholder}")
rows = catalog.load_table("${name}").scan(${at(`snapshot_id=${snapshotId}`)}).to_arrow()`,
    },
    {
      tool: 'DuckDB',
      language: 'sql',
      text: `install iceberg; load iceberg;
create secret nacre (type iceberg, token '${tokenPlaceholder}');
attach '' as nacre (type iceberg, endpoint '${catalog}', secret nacre);
select * from nacre.${name}${at(` at (version => ${snapshotId})`)} limit 100;`,
    },
    {
      tool: 'Spark',
      language: 'shell',
      text: `spark-sql --packages org.apache.iceberg:iceberg-spark-runtime-4.0_2.13:1.11.0,org.apache.iceberg:iceberg-aws-bundle:1.11.0 \\
  --conf spark.sql.extensions=org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions \\
  --conf spark.sql.catalog.nacre=org.apache.iceberg.spark.SparkCatalog \\
  --conf spark.sql.catalog.nacre.type=rest \\
  --conf spark.sql.catalog.nacre.uri=${catalog} \\
  --conf spark.sql.catalog.nacre.token=${tokenPlaceholder} \\
  --conf spark.sql.catalog.nacre.header.X-Iceberg-Access-Delegation=vended-credentials \\
  -e 'select * from nacre.${name}${at(` version as of ${snapshotId}`)} limit 100'`,
    },
    {
      tool: 'Trino',
      language: 'sql',
      text: `-- etc/catalog/nacre.properties
--   connector.name=iceberg
--   iceberg.catalog.type=rest
--   iceberg.rest-catalog.uri=${catalog}
--   iceberg.rest-catalog.security=OAUTH2
--   iceberg.rest-catalog.oauth2.token=${tokenPlaceholder}
--   iceberg.rest-catalog.vended-credentials-enabled=true
--   fs.native-s3.enabled=true
--   s3.region=us-east-1
--   s3.path-style-access=true
select * from nacre.${name}${at(` for version as of ${snapshotId}`)} limit 100;`,
    },
    {
      tool: 'HTTP',
      language: 'shell',
      text: `curl -H 'Authorization: Bearer ${tokenPlaceholder}' \\
  '${url}/api/v1/tables/${name}/preview?limit=100${at(`&snapshotId=${snapshotId}`)}'`,
    },
  ]
}
