import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type GrantStandIn, startGrantStandIn } from './start-grant-stand-in.ts'

const GRANT = 'grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange'
const SUBJECT = '&subject_token=t&subject_token_type=x'
const BASIC = { authorization: `Basic ${btoa('c:s')}` }

let standIn: GrantStandIn
before(async () => {
  standIn = await startGrantStandIn({
    clients: { c: 's' },
    exchangeable_tokens: { t: { token_type: 'x', subject: 'a' } },
  })
})
after(() => standIn.close())

async function ask(body: string, headers: Record<string, string> = BASIC, query = ''): Promise<unknown> {
  const response = await fetch(`${standIn.token_endpoint}${query}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body,
  })
  const reply = (await response.json()) as { error?: string }
  return reply.error ?? response.status
}

test('the stand-in takes a request that is right in everything', async () => {
  assert.equal(await ask(GRANT + SUBJECT), 200)
  assert.equal(await ask(`${GRANT}${SUBJECT}&client_id=c&client_secret=s`, {}), 200)
})

test('the stand-in refuses what is wrong in one thing', async () => {
  const wrong: [string, Promise<unknown>][] = [
    ['two client authentications', ask(`${GRANT}${SUBJECT}&client_id=c&client_secret=s`)],
    ['client id beside Basic', ask(`${GRANT}${SUBJECT}&client_id=c`)],
    ['another content type', ask(GRANT + SUBJECT, { ...BASIC, 'content-type': 'application/json' })],
    ['parameters in the query', ask(GRANT + SUBJECT, BASIC, '?x=1')],
    ['a repeated parameter', ask(`${GRANT}${SUBJECT}&subject_token=t`)],
    ['an empty parameter', ask(`${GRANT}${SUBJECT}&scope=`)],
    ['an unencoded value', ask(`${GRANT}${SUBJECT}&scope=a b`)],
    ['a half-encoded value', ask(`${GRANT}${SUBJECT}&scope=%2`)],
    ['a token without its type', ask(`${GRANT}&subject_token=t`)],
  ]
  for (const [what, answer] of wrong) assert.equal(await answer, 'invalid_request', what)
  assert.equal(await ask(GRANT + SUBJECT, { authorization: `Basic ${btoa('c:x')}` }), 'invalid_client')
  assert.equal(await ask(GRANT + SUBJECT, { authorization: 'Bearer x' }), 'invalid_client')
  assert.equal(await ask('grant_type=implicit'), 'unsupported_grant_type')
})
