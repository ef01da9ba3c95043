import createClient, { type Client } from 'openapi-fetch'
import { ApiError, apiErrorFrom } from './api-error.ts'
import type { components, paths } from './openapi.ts'

export { ApiError, type Violation } from './api-error.ts'
export type { components, paths } from './openapi.ts'

type Schemas = components['schemas']
export type Connector = Schemas['Connector']
export type Connection = Schemas['Connection']
export type ConnectLink = Schemas['ConnectLink']
export type ConnectSession = Schemas['ConnectSession']
export type CreatedConnectSession = Schemas['CreatedConnectSession']
export type ConnectSessionStatus = Schemas['ConnectSessionStatus']
export type Integration = Schemas['Integration']
export type LoginRequest = Schemas['LoginRequest']
export type IssuedLogin = Schemas['IssuedLogin']
export type Run = Schemas['Run']
export type RunSummary = Schemas['RunSummary']

export type SluiceClient = Client<paths>

export interface ClientOptions {
  /** Where the server is; in a page that the server itself serves, leave it out. */
  base_url?: string
  /** Sent as a bearer token; without it, the browser's cookies are the proof. */
  api_key?: string
  fetch?: (request: Request) => Promise<Response>
}

/** A client of the HTTP API. Its `GET`, `POST` and `DELETE` know every path; wrap a call in `dataOf` to await its data. */
export function createSluiceClient({ base_url, api_key, fetch }: ClientOptions = {}): SluiceClient {
  return createClient<paths>({
    baseUrl: base_url ?? '',
    ...(fetch && { fetch }),
    ...(api_key !== undefined && { headers: { authorization: `Bearer ${api_key}` } }),
  })
}

/**
 * The data of a successful response.
 *
 * @throws ApiError for any other response, and with code `unreachable` when there was none
 */
export async function dataOf<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await call.catch((cause: unknown) => {
    throw new ApiError(0, 'unreachable', 'The server cannot be reached. Check the network and try again.', { cause })
  })
  if (!response.ok) throw apiErrorFrom(response.status, error)
  // openapi-fetch gives no `data` only for error responses and for those without a body, whose T is undefined.
  return data as T
}
