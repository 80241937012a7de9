import { countOf, NacreError } from '../base/index.ts'
import type { Engine } from '../engines/index.ts'
import type { Check } from '../jobs/index.ts'
import { identifier, joinSql, sql, type Sql } from '../sql/index.ts'
import type { StagedTable } from './staged-writes.ts'

/** Runs a job's checks on what it has staged. Throws NACRE_CHECK_FAILED listing every check that does not hold, with an example. */
export async function runChecks(
  checks: readonly Check[],
  staged: readonly StagedTable[],
  engine: Engine,
  signal: AbortSignal,
): Promise<void> {
  const failures: string[] = []
  for (const { alias, target, kind, files } of staged) {
    const own = checks.filter(({ table }) => table === undefined || table === alias)
    if (kind === null || own.length === 0) continue
    const view = `staged ${target.table}`
    await engine.attachStaged(view, target, files)
    for (const check of own) {
      const failure = await runCheck(check, sql`${{ kind: 'table-ref', name: view }}`, engine, signal)
      if (failure !== null) failures.push(`${target.table}: ${failure}`)
    }
  }
  if (failures.length > 0) {
    throw new NacreError(
      'NACRE_CHECK_FAILED',
      `Nothing was published, because ${countOf(failures.length, 'check')} failed:\n${failures.map((failure) => `  - ${failure}`).join('\n')}`,
      {
        details: { failures },
      },
    )
  }
}

async function runCheck(
  check: Check,
  view: Sql,
  engine: Engine,
  signal: AbortSignal,
): Promise<string | null> {
  const one = async <Row>(statement: Sql): Promise<Row | undefined> =>
    (await engine.rows<Row>(statement, { signal }))[0]
  switch (check.kind) {
    case 'unique': {
      const columns = joinSql(check.columns.map(identifier))
      const row = await one<{ keys: number; example: string }>(
        sql`select count(*) as keys, to_json(any_value(key))::varchar as example
            from (select struct_pack(${joinSql(check.columns.map((name) => sql`${identifier(name)} := ${identifier(name)}`))}) as key from ${view} group by ${columns} having count(*) > 1)`,
      )
      return row === undefined || row.keys === 0
        ? null
        : `${check.columns.join(', ')} is not unique: ${countOf(row.keys, 'value')} ${row.keys === 1 ? 'occurs' : 'occur'} more than once, such as ${row.example}.`
    }
    case 'not-null': {
      const row = await one<{ nulls: number }>(
        sql`select count(*) as nulls from ${view} where ${joinSql(
          check.columns.map((name) => sql`${identifier(name)} is null`),
          ' or ',
        )}`,
      )
      return row === undefined || row.nulls === 0
        ? null
        : `${countOf(row.nulls, 'row')} ${row.nulls === 1 ? 'has' : 'have'} null in ${check.columns.join(' or ')}.`
    }
    case 'between': {
      const column = identifier(check.column)
      const row = await one<{ outside: number; least: string; most: string }>(
        sql`select count(*) as outside, min(${column})::varchar as least, max(${column})::varchar as most from ${view} where not (${column} between ${check.min} and ${check.max})`,
      )
      return row === undefined || row.outside === 0
        ? null
        : `${countOf(row.outside, 'value')} of ${check.column} ${row.outside === 1 ? 'is' : 'are'} outside ${check.min}…${check.max} (from ${row.least} to ${row.most}).`
    }
    case 'rows-between': {
      const rows = (await one<{ rows: number }>(sql`select count(*) as rows from ${view}`))?.rows ?? 0
      return rows >= check.min && rows <= check.max
        ? null
        : `${countOf(rows, 'row')} ${rows === 1 ? 'was' : 'were'} written; the job promises ${check.min} to ${check.max}.`
    }
  }
}
