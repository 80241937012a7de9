import { Type, type TObject, type TOptional, type TString } from 'typebox'
import { NacreError } from '../../base/index.ts'
import type { PartitionTuple } from '../../tables/index.ts'

export interface TableParams {
  readonly name: string
}

export const tableParams: TObject<{ name: TString }> = Type.Object({ name: Type.String() })

/** The ways to name a state of a table; at most one is to be given. */
export const atFields: Readonly<Record<'snapshotId' | 'asOf' | 'ref', TOptional<TString>>> = {
  snapshotId: Type.Optional(Type.String({ pattern: '^\\d+$' })),
  asOf: Type.Optional(Type.String({ format: 'date-time', description: 'The state that was current then.' })),
  ref: Type.Optional(Type.String({ minLength: 1, description: 'A branch or tag.' })),
}

/** A partition in the address. Throws NACRE_INPUT. */
export function readPartition(text: string | undefined): PartitionTuple | undefined {
  if (text === undefined) return undefined
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed))
      return parsed as PartitionTuple
  } catch {
    // told below
  }
  throw new NacreError(
    'NACRE_INPUT',
    `partition=${text} is not a JSON object; write one such as {"day": "2026-01-05"}.`,
  )
}
