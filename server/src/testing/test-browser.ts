// A browser as far as HTTP goes: it keeps cookies and says where its requests come from.
export interface TestBrowser {
  /** Follows no redirect. `path` may be a whole address. */
  open(path: string | URL, init?: RequestInit): Promise<Response>
  post(path: string, body: unknown): Promise<Response>
  cookies: Map<string, string>
}

export function createTestBrowser(baseUrl: string): TestBrowser {
  const cookies = new Map<string, string>()

  async function open(path: string | URL, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers)
    headers.set('cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '))
    if (!headers.has('sec-fetch-site')) headers.set('sec-fetch-site', 'same-origin')
    const response = await fetch(new URL(path, baseUrl), { ...init, headers, redirect: 'manual' })
    for (const cookie of response.headers.getSetCookie()) keep(cookie)
    return response
  }

  function keep(cookie: string): void {
    const [pair = '', ...attributes] = cookie.split(';')
    const [name = '', value = ''] = pair.split('=')
    const gone = attributes.some((attribute) => attribute.trim().toLowerCase() === 'max-age=0')
    if (gone) cookies.delete(name)
    else cookies.set(name, value)
  }

  return {
    open,
    cookies,
    post: (path, body) =>
      open(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
  }
}

// biome-ignore lint/suspicious/noExplicitAny: tests assert on what they read
export async function readJson(response: Response): Promise<any> {
  const text = await response.text()
  if (text === '') throw new Error(`${response.url} answered ${response.status} without a body`)
  return JSON.parse(text)
}
