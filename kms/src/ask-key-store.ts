// Requests to key stores that speak REST. Their addresses are the operator's word, and often private, so the guard that
// stands before providers does not apply; time is bounded, and no redirect is followed.
import { KeyStoreError } from './key-store-error.ts'

const TIMEOUT_MS = 5000
const ATTEMPTS = 3

export interface KeyStoreRequest {
  /** For messages. */
  store: string
  url: string
  headers: Record<string, string>
  method?: 'GET' | 'POST'
  body?: string
  /** Statuses by which the store says that the ciphertext is at fault. */
  damaged?: (status: number, body: string) => boolean
}

/**
 * The JSON of a successful answer; a store that cannot be reached or is busy is asked three times.
 *
 * @throws KeyStoreError `data_key_damaged`, `key_store_refused`, `key_store_unavailable`, naming the status alone
 */
export async function askKeyStore(request: KeyStoreRequest): Promise<unknown> {
  for (let attempt = 1; ; attempt += 1) {
    const { status, body } = await send(request)
    if (status >= 200 && status < 300) return parse(request.store, body)
    const trouble = status === 0 ? body : `HTTP ${status}`
    if (request.damaged?.(status, body)) {
      throw new KeyStoreError('data_key_damaged', `${request.store} does not unwrap a data key (${trouble}).`)
    }
    if (status >= 400 && status < 500 && status !== 408 && status !== 429) {
      const action = 'Check that the key exists and that the credentials may use it.'
      throw new KeyStoreError('key_store_refused', `${request.store} refuses (${trouble}). ${action}`)
    }
    if (attempt === ATTEMPTS) {
      throw new KeyStoreError(
        'key_store_unavailable',
        `${request.store} does not answer (${trouble}). Try again later.`,
      )
    }
  }
}

/** Status 0, with the error's name, when no answer came. */
async function send({ url, headers, method = 'POST', body }: KeyStoreRequest) {
  try {
    const response = await fetch(url, {
      method,
      headers,
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(body !== undefined && { body }),
    })
    return { status: response.status, body: await response.text() }
  } catch (error) {
    return { status: 0, body: error instanceof Error ? error.name : 'unknown error' }
  }
}

function parse(store: string, body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    throw new KeyStoreError('key_store_unavailable', `${store} answered something that is not JSON.`)
  }
}
