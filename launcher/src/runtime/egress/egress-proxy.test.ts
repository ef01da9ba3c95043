// The egress proxy without a container: programs of this test talk to its socket as a forwarder would.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer as createHttpServer, type IncomingMessage, request } from 'node:http'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { type EgressProxyOptions, openEgressProxy } from './egress-proxy.ts'

/** A proxy whose names all lead to this machine, which is declared beside them. */
async function startProxy(t: TestContext, options: Partial<EgressProxyOptions> = {}) {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-egress-'))
  const path = join(directory, 'egress.sock')
  const refused: string[] = []
  const proxy = await openEgressProxy(path, {
    hosts: ['api.acme.com', '127.0.0.1'],
    onRefused: (message) => refused.push(message),
    lookup: async () => [{ address: '127.0.0.1', family: 4 }],
    ...options,
  })
  t.after(async () => {
    await proxy.close()
    await rm(directory, { recursive: true })
  })
  return { path, proxy, refused }
}

async function listening<S extends Server>(t: TestContext, server: S): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => void sockets.add(socket))
  t.after(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  return (server.address() as AddressInfo).port // it listens on an address
}

/** Sends bytes and reads all that comes back. */
async function exchange(path: string, bytes: string): Promise<string> {
  const socket = connect({ path, allowHalfOpen: true })
  socket.write(bytes)
  return await text(socket)
}

async function opened(path: string, authority: string): Promise<{ socket: Socket; answer: string }> {
  const socket = connect({ path, allowHalfOpen: true })
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nhost: ${authority}\r\n\r\n`)
  let answer = ''
  while (!answer.endsWith('\r\n\r\n') && socket.readable) {
    const byte: Buffer | null = socket.read(1)
    if (byte === null) await Promise.race([once(socket, 'readable'), once(socket, 'end')])
    else answer += String(byte)
  }
  return { socket, answer }
}

/** Settles when nothing more can come. */
const over = (socket: Socket) => text(socket).catch(() => '')

const OPEN = 'HTTP/1.1 200 Connection established\r\n\r\n'

test('CONNECT carries bytes both ways, also when one side has said all that it has to say', async (t) => {
  const port = await listening(
    t,
    createServer({ allowHalfOpen: true }, async (socket) => socket.end(`heard ${await text(socket)}`)),
  )
  const { path, refused } = await startProxy(t)
  const { socket, answer } = await opened(path, `api.acme.com:${port}`)
  assert.equal(answer, OPEN)
  socket.end('x'.repeat(300_000))
  assert.equal((await text(socket)).length, 'heard '.length + 300_000)

  const early = createServer({ allowHalfOpen: true }, (server) => {
    server.end('all of it')
    server.on('data', (data) => heard.push(String(data)))
    server.on('end', () => ended.resolve())
  })
  const heard: string[] = []
  const ended = Promise.withResolvers<void>()
  const { socket: late } = await opened(path, `127.0.0.1:${await listening(t, early)}`)
  assert.equal(await text(late), 'all of it')
  late.end('and still heard')
  await ended.promise
  assert.deepEqual(heard, ['and still heard'])
  assert.deepEqual(refused, [])
})

test('what follows CONNECT in the same packet is the first that the host hears', async (t) => {
  const port = await listening(
    t,
    createServer((socket) => void socket.once('data', (data) => socket.end(`heard ${data}`))),
  )
  const { path } = await startProxy(t)
  const answer = await exchange(path, `CONNECT api.acme.com:${port} HTTP/1.1\r\nhost: x\r\n\r\nhello`)
  assert.equal(answer, `${OPEN}heard hello`)
})

test('a host that is not declared is refused in words, and told once, whatever path is asked for', async (t) => {
  const { path, refused } = await startProxy(t)
  const words =
    'The host evil.example is not declared, and so is not reached. Add evil.example to "hosts" of the connector\'s endpoint if it is meant.'
  for (const asked of [
    'CONNECT evil.example:443',
    'CONNECT EVIL.example.:8443',
    'GET http://evil.example/canary?token=canary',
  ]) {
    const answer = await exchange(path, `${asked} HTTP/1.1\r\nhost: api.acme.com\r\n\r\n`)
    assert.match(answer, /^HTTP\/1\.1 403 Forbidden\r\n/)
    assert.ok(answer.includes(words), answer)
  }
  assert.deepEqual(refused, [words])
})

test('ports are held where they are declared, and refusals are told up to a bound', async (t) => {
  const { path, refused } = await startProxy(t, { hosts: ['api.acme.com:443'], limits: { told: 2 } })
  for (const port of [1, 2, 3, 4]) {
    assert.match(await exchange(path, `CONNECT api.acme.com:${port} HTTP/1.1\r\nhost: x\r\n\r\n`), / 403 Forbidden/)
  }
  assert.equal(refused.length, 3)
  assert.match(refused[0] ?? '', /^Port 1 of api\.acme\.com is not declared/)
  assert.equal(refused[2], 'More hosts that are not declared were refused.')
})

test('a declared name that leads to this machine, its link or its cloud is refused before anything is sent', async (t) => {
  let connections = 0
  const port = await listening(
    t,
    createServer(() => {
      connections += 1
    }),
  )
  const { path, refused } = await startProxy(t, { hosts: ['api.acme.com'] })
  for (const asked of [`CONNECT api.acme.com:${port}`, `GET http://api.acme.com:${port}/`]) {
    assert.match(
      await exchange(path, `${asked} HTTP/1.1\r\nhost: x\r\n\r\n`),
      / 403 Forbidden\r\n[\s\S]*leads to an address/,
    )
  }
  assert.deepEqual([connections, refused.length], [0, 1])
  // In no way that the address may be written: it is not declared itself.
  for (const address of [
    '127.0.0.1',
    '0x7f.1',
    '2130706433',
    '[::1]',
    '[::ffff:127.0.0.1]',
    'localhost',
    'LOCALHOST.',
  ]) {
    assert.match(
      await exchange(path, `CONNECT ${address}:${port} HTTP/1.1\r\nhost: x\r\n\r\n`),
      / 403 Forbidden/,
      address,
    )
  }
  assert.equal(connections, 0)
})

test('a name is looked up once: the connection goes to the address that was judged', async (t) => {
  const port = await listening(
    t,
    createServer((socket) => void socket.end('reached')),
  )
  let asked = 0
  const lookup = async () => {
    asked += 1
    return [{ address: asked === 1 ? '127.0.0.1' : '127.0.0.2', family: 4 }]
  }
  const { path } = await startProxy(t, { lookup })
  const { socket } = await opened(path, `api.acme.com:${port}`)
  assert.equal(await text(socket), 'reached')
  assert.equal(asked, 1)
})

test('names are looked up one after the other, and one that many ask for once', async (t) => {
  const port = await listening(
    t,
    createServer((socket) => void socket.end('reached')),
  )
  const asked: string[] = []
  const answers = new Map<string, PromiseWithResolvers<void>>()
  const lookup = async (host: string) => {
    asked.push(host)
    const answer = Promise.withResolvers<void>()
    answers.set(host, answer)
    looked.resolve()
    await answer.promise
    return [{ address: '127.0.0.1', family: 4 }]
  }
  let looked = Promise.withResolvers<void>()
  const { path } = await startProxy(t, { hosts: ['*.acme.com', '127.0.0.1'], lookup })
  const reached = ['a', 'a', 'a', 'b'].map(async (name) => {
    const { socket } = await opened(path, `${name}.acme.com:${port}`)
    return await text(socket)
  })
  await looked.promise
  assert.deepEqual(asked, ['a.acme.com'])
  // An address needs none, and does not wait.
  assert.equal((await opened(path, `127.0.0.1:${port}`)).answer, OPEN)
  looked = Promise.withResolvers()
  answers.get('a.acme.com')?.resolve()
  await looked.promise
  answers.get('b.acme.com')?.resolve()
  assert.deepEqual(await Promise.all(reached), ['reached', 'reached', 'reached', 'reached'])
  assert.deepEqual(asked, ['a.acme.com', 'b.acme.com'])
})

test('a host that does not answer, and a name that is not known, are told as such and not as refused', async (t) => {
  const closed = createServer()
  closed.listen(0, '127.0.0.1')
  await once(closed, 'listening')
  const { port } = closed.address() as AddressInfo // it listens on an address
  await new Promise((resolve) => closed.close(resolve))
  const { path, refused } = await startProxy(t)
  for (const asked of [`CONNECT api.acme.com:${port}`, `GET http://api.acme.com:${port}/`]) {
    assert.match(
      await exchange(path, `${asked} HTTP/1.1\r\nhost: x\r\n\r\n`),
      / 502 Bad Gateway\r\n[\s\S]*cannot be talked to \(ECONNREFUSED\)/,
    )
  }
  const { path: lost } = await startProxy(t, { lookup: () => Promise.reject(new Error('ENOTFOUND')) })
  assert.match(
    await exchange(lost, 'CONNECT api.acme.com:443 HTTP/1.1\r\nhost: x\r\n\r\n'),
    / 502 [\s\S]*its name is not known here/,
  )
  assert.deepEqual(refused, [])
})

test('an absolute address is passed on as it is written, for its own host and without what is for one hop', async (t) => {
  const seen: { url: string | undefined; headers: string[] }[] = []
  const port = await listening(
    t,
    createHttpServer(({ url, rawHeaders }, response) => {
      seen.push({ url, headers: rawHeaders })
      response.end()
    }),
  )
  const { path } = await startProxy(t)
  const head = [
    `GET http://api.acme.com:${port}/a/../b%2F?c=%zz HTTP/1.1`,
    'Host: evil.example',
    'Connection: close, X-Hop',
    'X-Hop: 1',
    'Proxy-Authorization: Basic eA==',
    'Proxy-Connection: keep-alive',
    'Upgrade: websocket',
    'X-Kept: one',
    'x-kept: two',
  ]
  await exchange(path, `${head.join('\r\n')}\r\n\r\n`)
  await exchange(path, `OPTIONS http://api.acme.com:${port} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`)
  await exchange(path, `GET http://api.acme.com:${port}?q HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`)
  const host = `api.acme.com:${port}`
  assert.deepEqual(seen[0]?.headers, ['Host', host, 'X-Kept', 'one', 'X-Kept', 'two', 'Connection', 'close'])
  assert.deepEqual(
    seen.map(({ url }) => url),
    ['/a/../b%2F?c=%zz', '*', '/?q'],
  )
})

test('bodies of either framing go through whole, and the answer with its words and headers', async (t) => {
  const port = await listening(
    t,
    createHttpServer(async (incoming, response) => {
      const body = await text(incoming)
      response.writeHead(
        201,
        'Made It',
        [
          ['Set-Cookie', 'a=1'],
          ['Set-Cookie', 'b=2'],
          ['X-Method', incoming.method ?? ''],
        ].flat(),
      )
      response.end(`${incoming.headers['transfer-encoding'] ?? incoming.headers['content-length']} ${body.length}`)
    }),
  )
  const { path } = await startProxy(t)
  for (const method of ['POST', 'DELETE']) {
    for (const length of [500_000, null]) {
      const sent = request({
        socketPath: path,
        method,
        path: `http://api.acme.com:${port}/`,
        headers: length === null ? { 'transfer-encoding': 'chunked' } : { 'content-length': length },
        agent: false,
      })
      sent.end('b'.repeat(500_000))
      const [response] = (await once(sent, 'response')) as [IncomingMessage]
      assert.deepEqual([response.statusCode, response.statusMessage], [201, 'Made It'])
      assert.deepEqual(response.headers['set-cookie'], ['a=1', 'b=2'])
      assert.equal(await text(response), `${length ?? 'chunked'} 500000`)
    }
  }
})

test('what is no request to a proxy is refused: a path, https without CONNECT, user information, no port, a name that no name server has, a bomb of headers', async (t) => {
  const { path, refused } = await startProxy(t)
  const status = async (bytes: string) => /^HTTP\/1\.1 (\d+)/.exec(await exchange(path, bytes))?.[1]
  for (const line of [
    'GET / HTTP/1.1',
    'GET https://api.acme.com/ HTTP/1.1',
    'GET ftp://api.acme.com/ HTTP/1.1',
    'GET http://user:password@api.acme.com/ HTTP/1.1',
    'GET http:///x HTTP/1.1',
    'CONNECT api.acme.com HTTP/1.1',
    'CONNECT user@api.acme.com:443 HTTP/1.1',
    'CONNECT api.acme.com:443/x HTTP/1.1',
    'CONNECT api.acme.com:99999 HTTP/1.1',
    `CONNECT ${'a'.repeat(64)}.example:443 HTTP/1.1`,
    `GET http://${'a.'.repeat(130)}example/ HTTP/1.1`,
    'not http at all',
  ]) {
    assert.equal(await status(`${line}\r\nhost: x\r\nconnection: close\r\n\r\n`), '400', line)
  }
  assert.equal(await status(`CONNECT api.acme.com:443 HTTP/1.1\r\nx: ${'y'.repeat(40_000)}`), '431')
  const twoLengths = 'content-length: 3\r\ntransfer-encoding: chunked'
  assert.equal(await status(`POST http://api.acme.com/ HTTP/1.1\r\nhost: x\r\n${twoLengths}\r\n\r\n`), '400')
  assert.deepEqual(refused, [])
})

test('who never finishes asking, and who is silent, is let go', async (t) => {
  const port = await listening(
    t,
    createServer((socket) => void socket.on('error', () => {}).resume()),
  )
  const { path } = await startProxy(t, { limits: { opening_ms: 50, idle_ms: 200 } })
  assert.match(await exchange(path, 'CONNECT api.acme'), /^HTTP\/1\.1 408/)
  const { socket } = await opened(path, `api.acme.com:${port}`)
  socket.on('error', () => {})
  await over(socket)
})

test('no more connections are taken than its bound, and those that end make room', async (t) => {
  const port = await listening(
    t,
    createServer((socket) => void socket.on('error', () => {})),
  )
  const { path } = await startProxy(t, { limits: { connections: 1 } })
  const { socket } = await opened(path, `api.acme.com:${port}`)
  assert.equal(await exchange(path, `CONNECT api.acme.com:${port} HTTP/1.1\r\nhost: x\r\n\r\n`).catch(() => ''), '')
  socket.destroy()
  for (;;) {
    const next = await opened(path, `api.acme.com:${port}`).catch(() => null)
    if (next?.answer === OPEN) return void next.socket.destroy()
  }
})

test('an end in mid-stream is an end for both: the host that goes, and the program that goes', async (t) => {
  const sockets: Socket[] = []
  const port = await listening(
    t,
    createServer((socket) => void sockets.push(socket.on('error', () => {}))),
  )
  const { path } = await startProxy(t)
  const first = await opened(path, `api.acme.com:${port}`)
  first.socket.on('error', () => {})
  sockets[0]?.resetAndDestroy()
  await over(first.socket)
  const second = await opened(path, `api.acme.com:${port}`)
  second.socket.destroy()
  const [, server] = sockets
  assert.ok(server)
  await over(server)

  const half = createHttpServer((_incoming, response) => {
    response.writeHead(200, { 'content-length': '100' })
    response.write('half', () => response.destroy())
  })
  const address = `http://api.acme.com:${await listening(t, half)}/`
  const sent = request({ socketPath: path, path: address, agent: false }).end()
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  await assert.rejects(text(response), /aborted/)
})

test('closing ends what goes through it, and leaves neither socket nor listener', async (t) => {
  const port = await listening(
    t,
    createServer((socket) => void socket.on('error', () => {}).resume()),
  )
  const slow = await listening(
    t,
    createHttpServer(() => {}),
  )
  const { path, proxy } = await startProxy(t)
  const { socket } = await opened(path, `api.acme.com:${port}`)
  socket.on('error', () => {})
  const asked = request({ socketPath: path, path: `http://api.acme.com:${slow}/`, agent: false }).end()
  const gone = Promise.all([over(socket), assert.rejects(once(asked, 'response'))])
  await once(asked, 'finish')
  await proxy.close()
  await gone
  assert.equal(existsSync(path), false)
  await assert.rejects(opened(path, `api.acme.com:${port}`))
})

test('what is declared and names no host is told before anything listens', async () => {
  const path = join(tmpdir(), 'never.sock')
  await assert.rejects(openEgressProxy(path, { hosts: ['https://api.acme.com'] }), RangeError)
  assert.equal(existsSync(path), false)
})
