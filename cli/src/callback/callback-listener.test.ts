// The listener as it is met from outside: requests to the running command.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type OutgoingHttpHeaders, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { after, before, beforeEach, test } from 'node:test'
import { consent, type Lab, startLab } from '@sluice/lab'
import { type Attempt, type LabSource, startOauth, tokenRequested, writeLabSource } from '../testing/lab-source.ts'

let lab: Lab
let source: LabSource
let attempt: Attempt
let redirect: URL
let tokenRequests: number
before(async () => {
  lab = await startLab()
  source = await writeLabSource(lab.origin)
})
after(async () => {
  await source.remove()
  await lab.close()
})
beforeEach(async () => {
  attempt = await startOauth(lab, source)
  redirect = await consent(attempt.authorization_url, { decision: 'allow' })
  tokenRequests = lab.token_requests
})

async function send(
  url: URL,
  { method = 'GET', headers = {} }: { method?: string; headers?: OutgoingHttpHeaders } = {},
) {
  const sent = request(url, { method, headers }).end()
  const [response] = await once(sent, 'response')
  return { status: response.statusCode, headers: response.headers, page: await text(response) }
}

/** The real answer still counts, and it alone led to a token request. */
async function endsWell() {
  assert.equal(lab.token_requests, tokenRequests)
  const { status } = await send(redirect)
  assert.equal(status, 200)
  const { code } = await attempt.sluice.ended
  assert.equal(code, 0)
  assert.equal(lab.token_requests, tokenRequests + 1)
}

function changed(change: (url: URL) => void): URL {
  const url = new URL(redirect)
  change(url)
  return url
}

test('S55 a request for another path is answered and ignored, even with the right state and code', async () => {
  for (const path of ['/callback', '//', '/index.html', '/%2f']) {
    const url = changed((u) => {
      u.pathname = path
    })
    const { status } = await send(url)
    assert.equal(status, 404, path)
  }
  await endsWell()
})

test('S55 the favicon that browsers ask for first is ignored', async () => {
  const { status } = await send(new URL('/favicon.ico', redirect))
  assert.equal(status, 404)
  await endsWell()
})

test('S55 a DNS-rebound Host is refused before anything else is looked at', async () => {
  const hosts = ['evil.example', `evil.example:${redirect.port}`, `127.0.0.1:${redirect.port}`, 'localhost']
  for (const host of hosts) {
    const { status, page } = await send(redirect, { headers: { host } })
    assert.equal(status, 421, host)
    assert.doesNotMatch(page, /terminal|state/)
  }
  await endsWell()
})

test('S55 a wrong, missing or repeated state is ignored before anything leaves, and told once', async () => {
  const wrong = changed((u) => u.searchParams.set('state', 'x'.repeat(43)))
  const missing = changed((u) => u.searchParams.delete('state'))
  const repeated = changed((u) => u.searchParams.append('state', u.searchParams.get('state') ?? ''))
  const denied = changed((u) => {
    u.search = '?error=access_denied&state=guess'
  })
  for (const url of [wrong, missing, repeated, denied, wrong]) assert.equal((await send(url)).status, 400)
  await endsWell()
  assert.equal(attempt.sluice.stderr().split('Ignored an answer with another state').length, 2)
})

test('S55 only GET counts', async () => {
  for (const method of ['POST', 'PUT', 'HEAD']) assert.equal((await send(redirect, { method })).status, 405)
  await endsWell()
})

test('S55 a second answer is told that it is one, and ignored', async () => {
  lab.fault('hang')
  const first = send(redirect)
  await tokenRequested(lab, tokenRequests)
  const { status, page } = await send(redirect)
  assert.equal(status, 409)
  assert.match(page, /already answered/)
  attempt.sluice.child.kill('SIGTERM')
  assert.equal((await attempt.sluice.ended).code, 143)
  await first
  assert.equal(lab.token_requests, tokenRequests + 1)
})

const isRoot = process.getuid?.() === 0
const root = { skip: isRoot ? false : 'needs root, to start a process of another user' }

test('S55 an answer from a process of another user is ignored, even with the right state', root, async () => {
  // By the shell, because the other user may have no way to this checkout's Node.
  const request = `GET ${redirect.pathname}${redirect.search} HTTP/1.1\r\nHost: ${redirect.host}\r\nConnection: close\r\n\r\n`
  const program = 'exec 3<>"/dev/tcp/127.0.0.1/$1"; printf %s "$2" >&3; head -n 1 <&3'
  const other = spawn('/bin/bash', ['-c', program, 'bash', redirect.port, request], {
    cwd: '/',
    uid: 65534,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  assert.match(await text(other.stdout), /^HTTP\/1\.1 403 /)
  await endsWell()
})

test('the pages load nothing, cannot be framed and are not kept', async () => {
  const { headers } = await send(new URL('/nothing', redirect))
  assert.match(String(headers['content-security-policy']), /default-src 'none'.*frame-ancestors 'none'/)
  assert.equal(headers['cache-control'], 'no-store')
  assert.equal(headers['referrer-policy'], 'no-referrer')
  assert.equal(headers['x-content-type-options'], 'nosniff')
  await endsWell()
})
