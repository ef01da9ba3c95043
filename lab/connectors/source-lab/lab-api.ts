// The lab's demo API: bearer token, cursor pages ordered by `updated_at`, problem+json errors.

export interface LabRecord {
  id: string
  updated_at: string
  [field: string]: unknown
}

export interface Page {
  data: LabRecord[]
  next_cursor: string | null
}

export interface LabApi {
  /** Whose token it is, and what it may read. */
  me(): Promise<{ scopes: string[] }>
  page(stream: string, query: Record<string, string>): Promise<Page>
}

const TIMEOUT_MS = 30_000

/** @param signal ends requests that are under way when the connector is told to stop. */
export function connectLabApi(origin: string, accessToken: string, signal?: AbortSignal): LabApi {
  const get = async (path: string, query: Record<string, string> = {}): Promise<unknown> => {
    const url = new URL(path, origin)
    url.search = new URLSearchParams(query).toString()
    const timeout = AbortSignal.timeout(TIMEOUT_MS)
    const response = await fetch(url, {
      headers: { authorization: `Bearer ${accessToken}`, accept: 'application/json' },
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    }).catch((cause: unknown) => {
      if (signal?.aborted) throw cause
      throw new Error(`The lab cannot be reached at ${origin}. Start it by \`npm run lab\`, or mend LAB_ORIGIN.`, {
        cause,
      })
    })
    if (!response.ok) throw new Error(await describeRefusal(path, response))
    return await response.json()
  }
  return {
    me: async () => (await get('/api/me')) as { scopes: string[] },
    page: async (stream, query) => (await get(`/api/${stream}`, query)) as Page,
  }
}

async function describeRefusal(path: string, response: Response): Promise<string> {
  const problem = (await response.json().catch(() => ({}))) as { code?: string; detail?: string }
  const said = `${response.status}${problem.code ? ` ${problem.code}` : ''}${problem.detail ? `: ${problem.detail}` : ''}`
  if (response.status === 401) return `The lab refused the access token (${said}) Authorize the source again.`
  if (response.status === 403) return `The lab did not allow ${path} (${said}) Authorize the source again and allow it.`
  return `The lab answered ${path} with ${said}`
}
