import type { ConsentChoice } from './consent.ts'
import { CookieJar } from './cookie-jar.ts'
import { LabError } from './lab-error.ts'

interface Shown {
  url: URL
  page: string
}

/**
 * Does what a person does with a device's code (RFC 8628 §3.3): opens the verification address, enters the code, confirms
 * it, and presses Allow or Deny.
 *
 * @throws LabError `consent_failed` when the lab shows another page than the next one.
 */
export async function enterUserCode(verificationUri: string, userCode: string, choice: ConsentChoice): Promise<void> {
  const cookies = new CookieJar()
  const input = await open(cookies, new URL(verificationUri), null)
  const xsrf = hiddenField(input, 'xsrf')
  const confirm = await open(cookies, input.url, { xsrf, user_code: userCode })
  const fields = { xsrf: hiddenField(confirm, 'xsrf'), user_code: hiddenField(confirm, 'user_code'), confirm: 'yes' }
  const consent = await open(cookies, confirm.url, fields)
  if (!consent.page.includes('name="decision"')) throw unexpected(consent)
  await open(cookies, consent.url, { account: choice.account ?? 'alice', decision: choice.decision })
}

async function open(cookies: CookieJar, url: URL, form: Record<string, string> | null): Promise<Shown> {
  const response = await fetch(url, {
    method: form === null ? 'GET' : 'POST',
    body: form && new URLSearchParams(form),
    redirect: 'manual',
    headers: { accept: 'text/html', cookie: cookies.forPath(url.pathname) },
  })
  cookies.take(response.headers.getSetCookie())
  const location = response.headers.get('location')
  const page = await response.text()
  if (location !== null) return open(cookies, new URL(location, url), null)
  if (response.status !== 200) throw unexpected({ url, page })
  return { url, page }
}

function hiddenField(shown: Shown, name: string): string {
  const value = new RegExp(`name="${name}" value="([^"]*)"`).exec(shown.page)?.[1]
  if (value === undefined) throw unexpected(shown)
  return value
}

function unexpected({ url, page }: Shown): LabError {
  const text = page.replace(/<style[\s\S]*<\/style>|<[^>]+>/g, ' ').replace(/\s+/g, ' ')
  return new LabError('consent_failed', `The lab showed another page than expected at ${url.pathname}: ${text.trim()}`)
}
