import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Lab, startLab } from './index.ts'
import { startAuthorization } from './test-client.ts'

let lab: Lab
before(async () => {
  lab = await startLab()
})
after(() => lab.close())

/** Opens an authorization request as a browser does: the page's address, its cookies, its answer. */
async function openPage() {
  const client = lab.addClient({ client_name: 'Acme & <Sons>', redirect_uris: ['https://acme.example/callback'] })
  const { url } = await startAuthorization(lab, client)
  const start = await fetch(url, { redirect: 'manual' })
  const cookie = start.headers
    .getSetCookie()
    .map((setCookie) => setCookie.split(';')[0])
    .join('; ')
  const address = new URL(start.headers.get('location') ?? '', lab.origin)
  return { address, cookie, page: await fetch(address, { headers: { cookie } }) }
}

test('the consent page says who asks, for what, and offers both accounts and both answers', async () => {
  const { page } = await openPage()
  const html = await page.text()
  assert.match(html, /<h1>Acme &#38; &#60;Sons&#62; wants to use your Lab account<\/h1>/)
  assert.match(html, /See your customers.*See your orders.*Keep this access while you are away/)
  assert.match(html, /value="alice" checked.*value="bob"/)
  assert.match(html, />Deny<\/button>[\s\S]*>Allow<\/button>/)
  assert.match(html, /name="viewport"/)
})

test('the consent page loads nothing, is not framed, and may lead to the client only', async () => {
  const { page } = await openPage()
  const policy = page.headers.get('content-security-policy') ?? ''
  assert.match(policy, /default-src 'none'/)
  assert.match(policy, /frame-ancestors 'none'/)
  assert.match(policy, /form-action 'self' https:\/\/acme\.example;/)
  assert.equal(page.headers.get('cache-control'), 'no-store')
})

test('a decision without the cookies of the browser that began is refused', async () => {
  const { address } = await openPage()
  const body = new URLSearchParams({ account: 'alice', decision: 'allow' })
  const response = await fetch(address, { method: 'POST', body, redirect: 'manual' })
  assert.equal(response.status, 400)
  assert.match(await response.text(), /started in another browser/)
})

test('an unknown account or decision is refused and the request stays open', async () => {
  const { address, cookie } = await openPage()
  const answers: [string, string][] = [
    ['mallory', 'allow'],
    ['alice', 'maybe'],
  ]
  for (const [account, decision] of answers) {
    const body = new URLSearchParams({ account, decision })
    assert.equal((await fetch(address, { method: 'POST', body, headers: { cookie } })).status, 400)
  }
  assert.equal((await fetch(address, { headers: { cookie } })).status, 200)
})
