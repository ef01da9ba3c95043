import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { after, before, test } from 'node:test'
import { consent, type Lab, startLab } from '@sluice/lab'
import { answer, CLIENT, type LabSource, startOauth, tokenRequested, writeLabSource } from '../testing/lab-source.ts'
import { runSluice, startSluice } from '../testing/run-sluice.ts'

let lab: Lab
let source: LabSource
before(async () => {
  lab = await startLab()
  source = await writeLabSource(lab.origin)
})
after(async () => {
  await source.remove()
  await lab.close()
})

test('the credentials are printed redacted, with their lengths, as YAML', async () => {
  const attempt = await startOauth(lab, source)
  const { status, page } = await answer(attempt)
  const { code, stdout, stderr } = await attempt.sluice.ended
  assert.equal(code, 0)
  assert.equal(status, 200)
  assert.match(page, /<h1>Authorized<\/h1>/)
  const lines = stdout.trimEnd().split('\n')
  assert.equal(lines[0], 'credentials:')
  assert.equal(lines[1], '  auth_type: "oauth"')
  assert.ok(lines.includes(`  client_secret: "********"  # ${CLIENT.client_secret.length} characters`))
  assert.match(stdout, /^ {2}access_token: "\*{8}" {2}# \d+ characters$/m)
  assert.match(stdout, /^ {2}refresh_token: "\*{8}" {2}# \d+ characters$/m)
  assert.match(stderr, /^Authorized by lab: access token until 20\S+Z, scope .*customers:read/m)
})

test('with --show-secrets --json one object on stdout holds the credentials as the connector gets them', async () => {
  const attempt = await startOauth(lab, source, ['--show-secrets', '--json'])
  await answer(attempt)
  const { code, stdout } = await attempt.sluice.ended
  assert.equal(code, 0)
  assert.equal(stdout.trimEnd().split('\n').length, 1)
  const { credentials, ...rest } = JSON.parse(stdout)
  assert.equal(credentials.auth_type, 'oauth')
  assert.equal(credentials.client_id, CLIENT.client_id)
  assert.equal(credentials.client_secret, CLIENT.client_secret)
  assert.deepEqual(Object.keys(credentials).slice(3), ['access_token', 'refresh_token', 'access_token_expires_at'])
  assert.equal(rest.task, 'acme/shop')
  assert.equal(rest.provider, 'lab')
  assert.deepEqual(rest.redacted, {})
  assert.ok(Date.parse(rest.expires_at) > Date.now())
  const { status } = await fetch(`${lab.origin}/api/me`, {
    headers: { authorization: `Bearer ${credentials.access_token}` },
  })
  assert.equal(status, 200)
})

test('S45 no secret is in argv, or in any output unless asked for', async () => {
  const attempt = await startOauth(lab, source, ['--json'])
  const { pid } = attempt.sluice.child
  const argv = await readFile(`/proc/${pid}/cmdline`, 'utf8')
  const { redirect, page } = await answer(attempt)
  const { stdout, stderr } = await attempt.sluice.ended
  const { redacted } = JSON.parse(stdout)
  assert.equal(redacted.client_secret, CLIENT.client_secret.length)
  const code = redirect.searchParams.get('code') ?? ''
  for (const text of [argv, stdout, stderr, page]) {
    for (const secret of [CLIENT.client_secret, code]) assert.ok(!text.includes(secret))
  }
  const tokens = Object.values(JSON.parse(stdout).credentials).filter((value) => String(value).length > 20)
  assert.deepEqual(tokens, [])
})

test('the authorization request carries PKCE by S256, the state and the redirect URI', async () => {
  const attempt = await startOauth(lab, source)
  const parameters = new URL(attempt.authorization_url).searchParams
  assert.equal(parameters.get('code_challenge_method'), 'S256')
  assert.match(parameters.get('code_challenge') ?? '', /^[\w-]{43}$/)
  assert.match(parameters.get('state') ?? '', /^[\w-]{43}$/)
  assert.match(attempt.redirect_uri, /^http:\/\/localhost:\d+\/$/)
  attempt.sluice.child.kill('SIGINT')
  await attempt.sluice.ended
})

test('the answer may come to either loopback address, and no other address listens', async () => {
  for (const host of ['127.0.0.1', '[::1]']) {
    const attempt = await startOauth(lab, source)
    const redirect = await consent(attempt.authorization_url, { decision: 'allow' })
    const address = new URL(redirect)
    address.host = `${host}:${redirect.port}`
    const { status } = await request(address, redirect.host)
    assert.equal(status, 200)
    assert.equal((await attempt.sluice.ended).code, 0)
  }
})

test('--redirect-host takes an IP literal into the redirect URI', async () => {
  const attempt = await startOauth(lab, source, ['--redirect-host', '::1'])
  assert.match(attempt.redirect_uri, /^http:\/\/\[::1\]:\d+\/$/)
  assert.match(attempt.sluice.stderr(), /note: the provider must know this redirect URI/)
  assert.equal((await answer(attempt)).status, 200)
  assert.equal((await attempt.sluice.ended).code, 0)
})

test('--redirect-uri is sent as it is, and its path and Host are answered', async () => {
  const uri = 'https://tunnel.example/oauth/callback'
  const attempt = await startOauth(lab, source, ['--redirect-uri', uri])
  assert.equal(attempt.redirect_uri, uri)
  const redirect = await consent(attempt.authorization_url, { decision: 'allow' })
  const [, port] = await attempt.sluice.says(/port (\d+)\)/)
  const forwarded = new URL(`http://127.0.0.1:${port}${redirect.pathname}${redirect.search}`)
  assert.equal((await request(forwarded, 'tunnel.example')).status, 200)
  assert.equal((await attempt.sluice.ended).code, 0)
})

test('consent denied ends with 5, says so on the page, and asks the provider for no tokens', async () => {
  const before = lab.token_requests
  const attempt = await startOauth(lab, source)
  const { status, page } = await answer(attempt, 'deny')
  const { code, stdout, stderr } = await attempt.sluice.ended
  assert.equal(code, 5)
  assert.equal(status, 403)
  assert.match(page, /<h1>Access was not granted<\/h1>/)
  assert.match(stderr, /^error: Access was not granted at the provider\..*access_denied/m)
  assert.equal(stdout, '')
  assert.equal(lab.token_requests, before)
  await assert.rejects(fetch(attempt.redirect_uri))
})

test('S50 what the provider says is escaped on the page and on the terminal', async () => {
  const attempt = await startOauth(lab, source)
  const redirect = new URL(attempt.redirect_uri)
  redirect.searchParams.set('state', new URL(attempt.authorization_url).searchParams.get('state') ?? '')
  redirect.searchParams.set('error', 'server_error')
  redirect.searchParams.set('error_description', '\u001b[31m<script>alert(1)</script>\r\nforged: line')
  const response = await fetch(redirect)
  const page = await response.text()
  const { code, stderr } = await attempt.sluice.ended
  assert.equal(code, 5)
  assert.ok(!page.includes('<script'))
  assert.match(response.headers.get('content-security-policy') ?? '', /^default-src 'none'; style-src 'sha256-/)
  assert.ok(!stderr.includes('\u001b'))
  assert.doesNotMatch(stderr, /^forged/m)
})

test('a wrong client secret ends with 6 and the provider’s words', async () => {
  const attempt = await startOauth(lab, source, ['--client-id', CLIENT.client_id, '--client-secret-stdin'], {
    stdin: 'not-the-secret\n',
  })
  const { status } = await answer(attempt)
  const { code, stderr } = await attempt.sluice.ended
  assert.equal(code, 6)
  assert.equal(status, 502)
  assert.match(stderr, /^error: .*invalid_client/m)
  assert.ok(!stderr.includes('not-the-secret'))
})

test('a reply that is no token response ends with 6', async () => {
  for (const fault of ['html_502', 'not_json', 'error_in_200', 'huge'] as const) {
    const attempt = await startOauth(lab, source)
    lab.fault(fault)
    await answer(attempt)
    const { code, stderr, stdout } = await attempt.sluice.ended
    assert.equal(code, 6, fault)
    assert.match(stderr, /^error: /m)
    assert.equal(stdout, '')
  }
})

test('no answer within --timeout ends with 7 and closes the listener', async () => {
  const attempt = await startOauth(lab, source, ['--timeout', '1s'])
  const { code, stderr } = await attempt.sluice.ended
  assert.equal(code, 7)
  assert.match(stderr, /Waiting 1 second, until \d\d:/)
  assert.match(stderr, /^error: No answer came within 1 second\.$/m)
  await assert.rejects(fetch(attempt.redirect_uri))
})

test('Ctrl-C ends with 130 and closes the listener, while it waits and while the provider hangs', async () => {
  const waiting = await startOauth(lab, source)
  waiting.sluice.child.kill('SIGINT')
  const { code, stderr } = await waiting.sluice.ended
  assert.equal(code, 130)
  assert.match(stderr, /^error: Interrupted\./m)
  await assert.rejects(fetch(waiting.redirect_uri))

  const exchanging = await startOauth(lab, source)
  lab.fault('hang')
  const before = lab.token_requests
  const shown = answer(exchanging)
  await tokenRequested(lab, before)
  exchanging.sluice.child.kill('SIGINT')
  assert.equal((await exchanging.sluice.ended).code, 130)
  assert.match((await shown).page, /Interrupted/)
})

test('a port that is taken is named with its owner, and another way is shown', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const { code, stderr } = await runSluice(['raw', 'oauth', '--source', source.path, '--port', String(port)])
  assert.equal(code, 2)
  assert.match(stderr, new RegExp(`^error: Port ${port} is taken by .+ \\(process ${process.pid}\\)\\.$`, 'm'))
  assert.match(stderr, /--port.*register it/s)
  other.close()
})

test('a port that is taken on ::1 only is refused too, because localhost may lead there', async () => {
  const other = createServer().listen(0, '::1')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const { code } = await runSluice(['raw', 'oauth', '--source', source.path, '--port', String(port)])
  assert.equal(code, 2)
  const socket = connect(port, '127.0.0.1')
  await assert.rejects(once(socket, 'connect'))
  other.close()
})

test('a provider that does not answer is told before the browser is sent there', async () => {
  const gone = await writeLabSource('http://localhost:9')
  const { code, stderr } = await runSluice(['raw', 'oauth', '--source', gone.path, '--port', '0'])
  assert.equal(code, 6)
  assert.match(stderr, /^error: The provider's address http:\/\/localhost:9 does not answer\.$/m)
  assert.match(stderr, /npm run lab/)
  await gone.remove()
})

test('client id and secret come from the environment, or the id from an option and the secret from stdin', async () => {
  const bare = await writeLabSource(lab.origin, { client: false })
  const byEnvironment = { SLUICE_CLIENT_ID: CLIENT.client_id, SLUICE_CLIENT_SECRET: CLIENT.client_secret }
  const first = await startOauth(lab, bare, [], { env: byEnvironment })
  await answer(first)
  assert.equal((await first.sluice.ended).code, 0)

  const options = ['--client-id', CLIENT.client_id, '--client-secret-stdin']
  const second = await startOauth(lab, bare, options, { stdin: `${CLIENT.client_secret}\n` })
  await answer(second)
  assert.equal((await second.sluice.ended).code, 0)
  await bare.remove()
})

test('without a client and without a terminal it ends with 2 and says how to give one', async () => {
  const bare = await writeLabSource(lab.origin, { client: false })
  const { code, stderr } = await runSluice(['raw', 'oauth', '--source', bare.path])
  assert.equal(code, 2)
  assert.match(stderr, /^error: No client id and secret for the provider, and no terminal to ask on\.$/m)
  assert.match(stderr, /oauthClient.*SLUICE_CLIENT_ID.*--client-secret-stdin/s)
  await bare.remove()
})

test('a secret of the environment is not sent for another client id', async () => {
  const { code, stderr } = await runSluice(['raw', 'oauth', '--source', source.path, '--client-id', 'other'], {
    env: { SLUICE_CLIENT_ID: 'third', SLUICE_CLIENT_SECRET: 'secret-of-third' },
  })
  assert.equal(code, 2)
  assert.match(stderr, /^error: No client secret/m)
})

test('a client secret in argv is refused without being echoed', async () => {
  for (const args of [['--client-secret', 'hunter2'], ['--client-secret=hunter2']]) {
    const { code, stdout, stderr } = await runSluice(['raw', 'oauth', '--source', source.path, ...args])
    assert.equal(code, 2)
    assert.match(stderr, /^error: A client secret is not taken from the command line.*--client-secret-stdin/m)
    assert.ok(!(stdout + stderr).includes('hunter2'))
  }
})

test('a config that breaks the schema names the field and the rule; --endpoint-config replaces it', async () => {
  const config = await source.write('other.yaml', 'region: mars\nhistory: since\n')
  const { code, stderr } = await runSluice(['raw', 'oauth', '--source', source.path, '--endpoint-config', config])
  assert.equal(code, 3)
  assert.match(stderr, /\/region must be one of "all"/)
  assert.match(stderr, /\/start_date is required/)
})

/** GET with a Host header of its own. */
async function request(url: URL, host: string): Promise<{ status: number | undefined }> {
  const { request: send } = await import('node:http')
  const sent = send(url, { headers: { host } }).end()
  const [response] = await once(sent, 'response')
  response.resume()
  return { status: response.statusCode }
}

test('with --issuer the request is pushed to the provider, and the answer must name it (S9)', async () => {
  const redirect_uri = 'https://my-tunnel.example/callback'
  lab.addClient({ ...CLIENT, redirect_uris: [redirect_uri] })
  const args = ['raw', 'oauth', '--source', source.path, '--port', '0', '--redirect-uri', redirect_uri]
  const sluice = startSluice([...args, '--issuer', lab.origin, '--json'])
  const [, authorization_url = ''] = await sluice.says(/^ {2}(http\S+)$/m)
  assert.deepEqual([...new URL(authorization_url).searchParams.keys()].sort(), ['client_id', 'request_uri'])
  const [, port = ''] = await sluice.says(/port (\d+)\)/)
  const redirect = await consent(authorization_url, { decision: 'allow' })
  const response = await fetch(`http://localhost:${port}${redirect.pathname}${redirect.search}`)
  assert.equal(response.status, 200)
  assert.equal((await sluice.ended).code, 0)

  const before = lab.token_requests
  const again = startSluice([...args, '--issuer', lab.origin])
  const [, second = ''] = await again.says(/^ {2}(http\S+)$/m)
  const [, otherPort = ''] = await again.says(/port (\d+)\)/)
  const mixed = await consent(second, { decision: 'allow' })
  mixed.searchParams.set('iss', 'https://attacker.example')
  await fetch(`http://localhost:${otherPort}${mixed.pathname}${mixed.search}`)
  const { code, stderr } = await again.ended
  assert.notEqual(code, 0)
  assert.match(stderr, /another authorization server/)
  assert.equal(lab.token_requests, before)
})
