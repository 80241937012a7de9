import type { IncomingHttpHeaders } from 'node:http'
import type { Static, TSchema } from 'typebox'
import type { Principal, Role } from '../../platform/index.ts'
import type { LoadedTable, Namespace, WithinIceberg } from '../../tables/index.ts'

/** A request, authenticated and read. */
export interface Call<Body> {
  readonly principal: Principal
  /** Of the path; no levels when the path names none. */
  readonly namespace: Namespace
  /** Full name of the table or view of the path; '' when the path names none. */
  readonly name: string
  readonly query: Readonly<Record<string, string | undefined>>
  readonly headers: IncomingHttpHeaders
  readonly body: Body
  /** For the catalog's transaction: remembers the answer there, for a request that is sent again with its key. */
  readonly within: (answer: (tables: readonly LoadedTable[]) => Answer) => { within: WithinIceberg }
}

/** What an endpoint answers. Nothing: 204. */
export interface Answer {
  /** Default: 200. */
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  /** Is told with how to reach its files; one that is only staged has no metadata's location. */
  readonly table?: Pick<LoadedTable, 'name' | 'metadata'> & Partial<LoadedTable>
}

/** One operation of the catalog's specification. */
export interface Endpoint {
  /** Method and path as the specification writes them, without `/v1/{prefix}/`: `GET namespaces/{namespace}`. */
  readonly name: string
  /** The least role that may call it; what belongs to a team is checked by `answer`. */
  readonly role: Role
  readonly body?: TSchema
  answer(call: Call<unknown>): Promise<Answer>
}

/** An endpoint without a body. */
export function endpoint(
  name: string,
  role: Role,
  answer: (call: Call<unknown>) => Promise<Answer>,
): Endpoint {
  return { name, role, answer }
}

/** An endpoint whose body is of a schema. */
export function endpointOf<Schema extends TSchema>(
  name: string,
  role: Role,
  body: Schema,
  answer: (call: Call<Static<Schema>>) => Promise<Answer>,
): Endpoint {
  // The server has checked the body before it calls.
  return { name, role, body, answer: (call) => answer(call as Call<Static<Schema>>) }
}
