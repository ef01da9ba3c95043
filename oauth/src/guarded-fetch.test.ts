import assert from 'node:assert/strict'
import type { LookupFunction, Socket } from 'node:net'
import { test } from 'node:test'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { OAuthError, type OAuthErrorCode } from './errors.ts'
import { startServer, startSocketServer } from './fixtures/local-server.ts'
import { selfSignedCertificate } from './fixtures/self-signed-certificate.ts'
import { createGuardedFetch } from './guarded-fetch.ts'
import type { TokenRequest } from './token-request.ts'

const CANARY = 'canary-secret'
const request = (url: string, more: Partial<TokenRequest> = {}): TokenRequest => ({
  method: 'POST',
  url,
  headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded', authorization: CANARY },
  body: `client_secret=${CANARY}`,
  ...more,
})

const local = createGuardedFetch({ allow_loopback: true, timeout_ms: 5000, max_bytes: 100_000 })

/** Requires that it fails with `code`, and that the error shows nothing of the request but its host. */
async function refused(sent: Promise<unknown>, code: OAuthErrorCode): Promise<OAuthError> {
  const error = await sent.then(
    () => assert.fail('nothing was refused'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof OAuthError, String(error))
  assert.equal(error.code, code, error.message)
  assert.ok(!JSON.stringify([error.message, error.stack, error.cause, error]).includes(CANARY))
  return error
}

/** A resolver that gives each of `answers` in turn, and counts. */
function resolver(...answers: string[][]): { lookup: LookupFunction; asked: string[] } {
  const asked: string[] = []
  const lookup: LookupFunction = (hostname, options, callback) => {
    const addresses = (answers[Math.min(asked.length, answers.length - 1)] ?? []).map((address) => ({
      address,
      family: address.includes(':') ? 6 : 4,
    }))
    asked.push(hostname)
    if (options.all) callback(null, addresses)
    else callback(null, addresses[0]?.address ?? '', addresses[0]?.family ?? 4)
  }
  return { lookup, asked }
}

test('a request arrives as built and its response comes back whole', async (t) => {
  const server = await startServer(t, (_request, response) => {
    response.writeHead(400, { 'content-type': 'application/json', 'x-a': 'b' }).end('{"a":"é"}')
  })
  const response = await local(request(`${server.origin}/token?x=1`))
  assert.deepEqual([response.status, response.headers.get('x-a'), response.body], [400, 'b', '{"a":"é"}'])
  const [sent] = server.requests
  assert.deepEqual([sent?.method, sent?.url, sent?.body], ['POST', '/token?x=1', `client_secret=${CANARY}`])
  assert.equal(sent?.headers.authorization, CANARY)
  const bodiless = await local(request(server.origin, { method: 'GET', body: null }))
  assert.equal(bodiless.status, 400)
})

test('S22 http, file, user info, fragment and odd port are refused', async () => {
  const guarded = createGuardedFetch({ allow_loopback: false })
  const urls = [
    'http://provider.example.com/',
    'file:///etc/passwd',
    'ftp://provider.example.com/',
    'data:text/plain,x',
    'javascript:1',
    'https://user@provider.example.com/',
    'https://:pw@provider.example.com/',
    'https://provider.example.com/#x',
    'https://provider.example.com/#',
    'https://provider.example.com:8443/',
    'https://provider.example.com:22/',
    'https://localhost/',
    'https://x.localhost/',
    'http://127.0.0.1/',
    '//provider.example.com',
    'provider.example.com',
    '',
  ]
  for (const url of urls) await refused(guarded(request(url)), 'refused_url')
})

test('S23 IP literals in any spelling are checked though no name is resolved', async () => {
  const hosts = [
    '127.0.0.1',
    '2130706433',
    '0x7f.1',
    '0177.0.0.1',
    '127.1',
    '[::1]',
    '[::ffff:a9fe:a9fe]',
    '[::ffff:127.0.0.1]',
    '[64:ff9b::7f00:1]',
    '[64:ff9b::a9fe:a9fe]',
    '100.64.0.1',
    '169.254.169.254',
    '[fe80::1]',
    '[fc00::1]',
    '10.0.0.1',
    '192.168.0.1',
    '0.0.0.0',
    '[::]',
    '[2002:7f00:1::]',
    '168.63.129.16',
    '127.0.0.1.',
    '0300.0250.0.1',
    '0xA9FEA9FE',
    '\uff11\uff12\uff17.0.0.1',
    '127\u30020\u30020\u30021',
    '[::127.0.0.1]',
    '[0:0:0:0:0:ffff:7f00:1]',
    '[fd00:ec2::254]',
  ]
  const { lookup, asked } = resolver(['93.184.216.34'])
  const guarded = createGuardedFetch({ allow_loopback: false, timeout_ms: 2000, lookup })
  for (const host of hosts) await refused(guarded(request(`https://${host}/token`)), 'refused_url')
  assert.deepEqual(asked, [])
})

test('S23 names that resolve to anything but the public internet are refused', async () => {
  const answers = [
    '127.0.0.1',
    '10.1.2.3',
    '169.254.169.254',
    '100.64.0.1',
    '::1',
    '::ffff:a9fe:a9fe',
    '64:ff9b::a9fe:a9fe',
    'fe80::1',
    'fc00::1',
  ]
  for (const answer of answers) {
    const { lookup, asked } = resolver([answer])
    for (const allow_loopback of [false, true]) {
      const guarded = createGuardedFetch({ allow_loopback, timeout_ms: 2000, lookup })
      const error = await refused(guarded(request('https://provider.example.com/token')), 'refused_url')
      assert.match(error.message, /provider\.example\.com/)
    }
    assert.equal(asked.length, 2)
  }
})

test('S24 mixed answers are refused whole, in either order, and so is no answer', async () => {
  for (const answers of [['93.184.216.34', '127.0.0.1'], ['127.0.0.1', '93.184.216.34'], []]) {
    const guarded = createGuardedFetch({ allow_loopback: false, timeout_ms: 2000, lookup: resolver(answers).lookup })
    await refused(guarded(request('https://provider.example.com/token')), 'refused_url')
  }
})

test('S24 the name is resolved once and the checked address is the one connected to', async (t) => {
  const server = await startServer(t, (_request, response) => response.end('{}'))
  const { lookup, asked } = resolver(['127.0.0.1'], ['10.0.0.1'], ['10.0.0.1'])
  const guarded = createGuardedFetch({ allow_loopback: true, lookup })
  assert.equal((await guarded(request(server.origin))).status, 200)
  assert.deepEqual(asked, ['localhost'])
})

test('S24 a name that turns private for the second request is refused then', async (t) => {
  const server = await startServer(t, (_request, response) => response.setHeader('connection', 'close').end('{}'))
  const { lookup } = resolver(['127.0.0.1'], ['10.0.0.1'])
  const guarded = createGuardedFetch({ allow_loopback: true, lookup, timeout_ms: 2000 })
  assert.equal((await guarded(request(server.origin))).status, 200)
  await refused(guarded(request(server.origin)), 'refused_url')
})

test('S25 a redirect is an error, and the body is never sent again', async (t) => {
  const target = await startServer(t, (_request, response) => response.end('{}'))
  for (const status of [301, 302, 303, 307, 308]) {
    const server = await startServer(t, (_request, response) =>
      response.writeHead(status, { location: target.origin }).end(),
    )
    const error = await refused(local(request(`${server.origin}/token`)), 'refused_url')
    assert.equal(error.verdict, 'integration_broken')
    assert.equal(server.requests.length, 1)
  }
  assert.equal(target.connections, 0)
})

test('S34 10 MB and an endless body are cut by bytes', async (t) => {
  const large = await startServer(t, (_request, response) => response.end(Buffer.alloc(10_000_000, 'x')))
  const endless = await startServer(t, (_request, response) => {
    const write = () => {
      if (!response.destroyed) response.write('x'.repeat(10_000), () => setImmediate(write))
    }
    write()
  })
  for (const { origin } of [large, endless]) {
    assert.equal((await refused(local(request(origin)), 'response_too_large')).verdict, 'transient')
  }
})

test('S34 one byte at a time and silence are cut by the clock', async (t) => {
  const slow = createGuardedFetch({ allow_loopback: true, timeout_ms: 300 })
  const drip = await startServer(t, (_request, response) => {
    const timer = setInterval(() => response.write('x'), 20)
    response.on('close', () => clearInterval(timer))
  })
  const silent = await startServer(t, () => {})
  for (const { origin } of [drip, silent]) {
    const started = performance.now()
    assert.equal((await refused(slow(request(origin)), 'timeout')).verdict, 'transient')
    assert.ok(performance.now() - started < 3000)
  }
})

test('S34 headers without end are cut by bytes, those that drip and interim responses without end by the clock', async (t) => {
  const cut = createGuardedFetch({ allow_loopback: true, timeout_ms: 400, max_bytes: 100_000 })
  const flood = await startSocketServer(t, (socket) => {
    socket.write('HTTP/1.1 200 OK\r\n')
    const write = () => {
      if (!socket.destroyed) socket.write(`x-a: ${'b'.repeat(1000)}\r\n`, () => setImmediate(write))
    }
    write()
  })
  assert.equal((await refused(cut(request(flood)), 'response_too_large')).verdict, 'transient')

  const repeat = (lines: string) => (socket: Socket) => {
    const timer = setInterval(() => socket.write(lines), 20)
    socket.on('close', () => clearInterval(timer))
  }
  for (const lines of ['x-a: b\r\n', 'HTTP/1.1 103 Early Hints\r\n\r\n']) {
    const slow = await startSocketServer(t, (socket) => {
      if (lines.startsWith('x')) socket.write('HTTP/1.1 200 OK\r\n')
      repeat(lines)(socket)
    })
    assert.equal((await refused(cut(request(slow)), 'timeout')).verdict, 'transient')
  }
})

test('S34 a length of 10 GB that never comes, and a body cut short, are failures, not replies', async (t) => {
  const cut = createGuardedFetch({ allow_loopback: true, timeout_ms: 400, max_bytes: 100_000 })
  const announced = await startServer(t, (_request, response) => {
    response.writeHead(200, { 'content-length': 10_000_000_000 }).write('{"access_token":"at"}')
  })
  await refused(cut(request(announced.origin)), 'timeout')
  const short = await startServer(t, (_request, response) => {
    response.writeHead(200, { 'content-length': 100 }).write('{"access_token":"at"}', () => response.destroy())
  })
  await refused(cut(request(short.origin)), 'unreachable')
})

test('S34 a resolver that never answers is cut by the clock', async () => {
  const slow = createGuardedFetch({ allow_loopback: false, timeout_ms: 200, lookup: () => {} })
  await refused(slow(request('https://provider.example.com/token')), 'timeout')
})

test('S35 one known content coding is undone, a bomb is cut, stacked and unknown codings are refused', async (t) => {
  const answering = async (coding: string | string[], body: Buffer) =>
    (await startServer(t, (_request, response) => response.setHeader('content-encoding', coding).end(body))).origin
  const json = Buffer.from('{"access_token":"at"}')
  assert.equal((await local(request(await answering('gzip', gzipSync(json))))).body, json.toString())
  assert.equal((await local(request(await answering('BR', brotliCompressSync(json))))).body, json.toString())
  assert.equal((await local(request(await answering('identity', json)))).body, json.toString())

  const bomb = gzipSync(Buffer.alloc(50_000_000))
  assert.ok(bomb.length < 100_000)
  await refused(local(request(await answering('gzip', bomb))), 'response_too_large')
  await refused(
    local(request(await answering('br', brotliCompressSync(Buffer.alloc(50_000_000))))),
    'response_too_large',
  )
  await refused(local(request(await answering('deflate', deflateSync(Buffer.alloc(50_000_000))))), 'response_too_large')
  await refused(local(request(await answering('gzip', gzipSync(json).subarray(0, 20)))), 'malformed_response')
  const twice = gzipSync(gzipSync(json))
  await refused(local(request(await answering('gzip, gzip', twice))), 'malformed_response')
  await refused(local(request(await answering(['gzip', 'gzip'], twice))), 'malformed_response')
  await refused(local(request(await answering('compress', json))), 'malformed_response')
  await refused(local(request(await answering('gzip', json))), 'malformed_response')
})

test('S28 Host, Content-Length and line breaks in headers are refused here too', async () => {
  const forbidden: Record<string, string>[] = [{ host: 'x' }, { 'Content-Length': '1' }, { 'x-a': 'b\r\nc: d' }]
  for (const headers of forbidden) {
    await refused(local(request('http://localhost:9/', { headers })), 'refused_value')
  }
})

test('S56 proxy variables of the environment do not apply', async (t) => {
  const server = await startServer(t, (_request, response) => response.end('{}'))
  const proxy = await startServer(t, (_request, response) => response.end('{}'))
  const names = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'NODE_USE_ENV_PROXY']
  const before = Object.fromEntries(Object.entries(process.env).filter(([name]) => names.includes(name)))
  t.after(() => {
    for (const name of names) delete process.env[name]
    Object.assign(process.env, before)
  })
  for (const name of names) process.env[name] = name === 'NODE_USE_ENV_PROXY' ? '1' : proxy.origin
  const guarded = createGuardedFetch({ allow_loopback: true })
  assert.equal((await guarded(request(server.origin))).status, 200)
  await refused(guarded(request('https://169.254.169.254/latest')), 'refused_url')
  assert.equal(proxy.connections, 0)
})

test('an unreachable host is transient and named without path or port', async (t) => {
  const server = await startServer(t, (request_) => request_.socket.destroy())
  const dropped = await refused(local(request(`${server.origin}/${CANARY}`)), 'unreachable')
  assert.equal(dropped.verdict, 'transient')
  const failing = createGuardedFetch({
    allow_loopback: false,
    lookup: (hostname, _options, callback) =>
      callback(Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), { code: 'ENOTFOUND' }), ''),
  })
  const unknown = await refused(failing(request(`https://provider.example.com/${CANARY}`)), 'unreachable')
  assert.match(unknown.message, /provider\.example\.com.*ENOTFOUND/)
})

test('an aborted signal ends the request with its own reason', async (t) => {
  const server = await startServer(t, () => controller.abort(new Error('run canceled')))
  const controller = new AbortController()
  await assert.rejects(local(request(server.origin), { signal: controller.signal }), /run canceled/)
})

test('certificates are verified, for the name that was asked', async (t) => {
  const certificate = selfSignedCertificate()
  const server = await startServer(t, (_request, response) => response.end('{}'), certificate)
  await refused(local(request(server.origin)), 'unreachable')
  assert.equal(server.requests.length, 0)
  const trusting = createGuardedFetch({ allow_loopback: true, ca: certificate.cert })
  assert.equal((await trusting(request(server.origin))).body, '{}')
  await refused(trusting(request(server.origin.replace('localhost', '127.0.0.1'))), 'unreachable')
})
