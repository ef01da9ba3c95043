// Where a person types the code that another device shows (RFC 8628 §3.3). Works without scripts.
import { readUserCode, showUserCode } from '../connect-sessions/user-code.ts'
import type { Api } from '../http/api.ts'
import { requireSameOrigin } from '../http/same-origin.ts'
import { html } from '../reference/markup.ts'
import type { Services } from '../services.ts'
import { digest, randomToken } from '../token-digest.ts'
import { createAttemptLimit, isTooOften } from './attempt-limit.ts'
import { plainPage } from './plain-page.ts'

/** Wrong codes within ten minutes: of one client, and of all together (RFC 8628 §5.1). */
const WRONG_CODES = 30
const ALL_WRONG_CODES = 1000

export function enterCode(api: Api, services: Services) {
  const wrongCodes = createAttemptLimit(services, {
    name: 'connect code',
    of_client: WRONG_CODES,
    of_all: ALL_WRONG_CODES,
  })

  api.get('/connect', (c) => codePage(c.req.query('code') ?? ''))

  api.post('/connect', async (c) => {
    requireSameOrigin(c, services.base_url)
    const typed = String((await c.req.parseBody()).code ?? '')
    const client = services.rate_limits.clientOf(c)
    try {
      await wrongCodes.count(client)
    } catch (error) {
      if (!isTooOften(error)) throw error
      return codePage('', { status: 429, words: error.message })
    }

    const code = readUserCode(typed)
    const token = code === null ? null : await exchangeUserCode(services, code)
    if (token === null) {
      return codePage(typed, {
        status: 422,
        words: 'There is no such code, or it was used or has expired. Look again.',
      })
    }
    await wrongCodes.forgive(client)
    return c.redirect(new URL(`/connect/${token}`, services.base_url).href, 303)
  })
}

/** The token of a link of its own for the session: the code is spent by this. Null when there is no such code. */
async function exchangeUserCode({ db, now }: Services, code: string): Promise<string | null> {
  const token = randomToken()
  const { numUpdatedRows } = await db
    .updateTable('connect_sessions')
    .set({ user_code_hash: null, code_link_hash: digest(token) })
    .where('user_code_hash', '=', digest(code))
    .where('user_code_expires_at', '>', now())
    .where('completed_at', 'is', null)
    .where('cancelled_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows === 1n ? token : null
}

function codePage(typed: string, refusal?: { status: 422 | 429; words: string }): Response {
  const code = readUserCode(typed)
  return plainPage({
    status: refusal?.status ?? 200,
    title: 'Enter your code',
    form: "'self'",
    content: html`<h1>Enter your code</h1>
<p>Type the code that the other device shows. Only enter a code that you asked for yourself: whoever gave it to you gets
the access that you allow.</p>
${refusal && html`<p class="bad" role="alert">${refusal.words}</p>`}
<form method="post" action="/connect">
<label for="code">Code</label>
<input class="code" id="code" name="code" value="${code === null ? '' : showUserCode(code)}" required maxlength="40"
 autocomplete="off" autocapitalize="characters" spellcheck="false" placeholder="XXXX-XXXX" autofocus>
<button>Continue</button>
</form>`,
  })
}
