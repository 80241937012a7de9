export {
  identifier,
  isSql,
  isTableRef,
  joinSql,
  quoteIdentifier,
  quoteString,
  rawSql,
  sql,
  type Sql,
  type SqlPart,
  type SqlValue,
  type TableRef,
} from './fragment.ts'
export { renderSql, type RenderedSql } from './render.ts'
