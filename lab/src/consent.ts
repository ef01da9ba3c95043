import type { AccountId } from './accounts.ts'
import { CookieJar } from './cookie-jar.ts'
import { LabError } from './lab-error.ts'

const MAX_STEPS = 10

export interface ConsentChoice {
  account?: AccountId
  decision: 'allow' | 'deny'
}

/**
 * Does what a person does in the browser: opens the authorization URL, chooses an account (default alice) and presses
 * Allow or Deny. Returns the redirect to the client, which is not followed.
 *
 * @throws LabError `consent_failed` when the lab shows an error page instead.
 */
export async function consent(authorizationUrl: string | URL, choice: ConsentChoice): Promise<URL> {
  const { origin } = new URL(authorizationUrl)
  const cookies = new CookieJar()
  let url = new URL(authorizationUrl)
  let form: URLSearchParams | null = null

  for (let step = 0; step < MAX_STEPS; step += 1) {
    const response: Response = await fetch(url, {
      method: form === null ? 'GET' : 'POST',
      body: form,
      redirect: 'manual',
      headers: { accept: 'text/html', cookie: cookies.forPath(url.pathname) },
    })
    cookies.take(response.headers.getSetCookie())
    const location: string | null = response.headers.get('location')
    if (location !== null) {
      await response.body?.cancel()
      url = new URL(location, url)
      form = null
      if (url.origin !== origin) return url
      continue
    }
    const page = await response.text()
    if (response.status !== 200 || form !== null || !page.includes('name="decision"')) {
      const shown = page.replace(/<style[\s\S]*<\/style>|<[^>]+>/g, ' ').replace(/\s+/g, ' ')
      throw new LabError('consent_failed', `The lab answered ${response.status} at ${url.pathname}: ${shown.trim()}`)
    }
    form = new URLSearchParams({ account: choice.account ?? 'alice', decision: choice.decision })
  }
  throw new LabError('consent_failed', `The lab had not come to an end after ${MAX_STEPS} steps.`)
}
