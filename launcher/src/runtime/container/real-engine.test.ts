// The container runtime against an engine that holds what it promises: Podman or Docker.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { secret } from '@sluice/connector-specs'
import { launchScript } from '../../fixtures/launch-script.ts'
import { capture } from '../../flow/capture.ts'
import { readToEnd } from '../../testing/read-to-end.ts'
import { startRealEngine } from '../../testing/real-engine.ts'
import { type Program, StartError } from '../runtime.ts'
import { OWNER_LABEL } from './container-request.ts'
import { createContainerRuntime } from './container-runtime.ts'
import { engineClient } from './engine-client.ts'

const CANARY = 'canary-token/of+the=engine'
const engine = await startRealEngine()
const skip = typeof engine === 'string' ? engine : false
const { socket, image } = typeof engine === 'string' ? { socket: '', image: '' } : engine
const runtime = createContainerRuntime({ socket, pull: false })
const api = engineClient(socket)
after(async () => {
  if (typeof engine === 'string') return
  await runtime.close()
  await engine.close()
})

const node = (script: string, more: Partial<Program> = {}): Program => ({
  name: 'acme/test',
  image,
  command: ['node', '-e', script],
  cwd: '',
  env: {},
  stdin: 'closed',
  ...more,
})

async function outputOf(program: Program) {
  const running = await runtime.start(program)
  const [stdout, stderr, exit] = await Promise.all([text(running.stdout), text(running.stderr), running.exited])
  return { stdout, stderr, exit, running }
}

const ours = async () => {
  const filters = encodeURIComponent(JSON.stringify({ label: [OWNER_LABEL] }))
  return await api.call<{ Id: string }[]>('GET', `/containers/json?all=1&filters=${filters}`)
}

test('a container has no network, no capability, no privilege to gain, and one directory to write to', {
  skip,
}, async () => {
  const script = `
    const fs = require('node:fs'), os = require('node:os')
    const status = fs.readFileSync('/proc/self/status', 'utf8')
    const field = (name) => status.match(new RegExp('^' + name + ':\\\\s+(.*)$', 'm'))?.[1]
    const writes = (path) => { try { fs.writeFileSync(path, 'x'); return true } catch (error) { return error.code } }
    console.log(JSON.stringify({
      networks: Object.keys(os.networkInterfaces()).filter((name) => name !== 'lo'),
      capabilities: field('CapEff') + field('CapBnd'), no_new_privileges: field('NoNewPrivs'),
      root: writes('/written'), etc: writes('/etc/written'), home: writes(process.env.HOME + '/written'), tmp: writes('/tmp/written'),
      mode: (fs.statSync(process.env.HOME).mode & 0o777).toString(8), uid: process.getuid(), owner: fs.statSync(process.env.HOME).uid,
      processes: fs.readdirSync('/proc').filter((name) => /^\\d+$/.test(name)).length,
      environment: Object.keys(process.env).sort(),
    }))`
  const { stdout, exit } = await outputOf(node(script))
  assert.deepEqual(exit, { code: 0, signal: null })
  const told = JSON.parse(stdout)
  assert.deepEqual([told.networks, told.no_new_privileges], [[], '1'])
  assert.match(told.capabilities, /^0+$/)
  assert.deepEqual([told.root, told.etc, told.home, told.tmp], ['EROFS', 'EROFS', true, true])
  assert.deepEqual([told.mode, told.owner], ['700', told.uid])
  assert.ok(told.processes <= 2, `${told.processes} processes are seen`)
  const known = ['HOME', 'HOSTNAME', 'LANG', 'PATH', 'TERM', 'TMPDIR', 'container']
  assert.deepEqual(
    told.environment.filter((name: string) => !known.includes(name)),
    [],
  )
})

test('S49 secrets reach a container by private files alone: not its inspection, its log, its argv or its environment', {
  skip,
}, async () => {
  const script = `
    const fs = require('node:fs'), path = process.env.HOME + '/config.json'
    const { token } = JSON.parse(fs.readFileSync(path)); fs.writeSync(3, 'result of ' + token)
    fs.writeFileSync(path, JSON.stringify({ token: token + '-rotated' }))
    console.error((fs.statSync(path).mode & 0o777).toString(8)); console.log('printed ' + token); process.stdin.resume()`
  const running = await runtime.start(
    node(script, {
      stdin: 'pipe',
      files: { 'config.json': secret(JSON.stringify({ token: CANARY })) },
      harvest: ['config.json', 'missing'],
      result_fd: 3,
    }),
  )
  assert.ok(running.result)
  const [printed] = await once(running.stdout, 'data')
  assert.equal(String(printed), `printed ${CANARY}\n`)
  const [container] = await ours()
  assert.ok(container)
  const inspected = JSON.stringify(await api.call('GET', `/containers/${container.Id}/json`))
  const listed = JSON.stringify(await api.call('GET', '/containers/json?all=1'))
  const top = JSON.stringify(await api.call('GET', `/containers/${container.Id}/top`).catch(() => null))
  const log = await api
    .call('GET', `/containers/${container.Id}/logs?stdout=1&stderr=1`)
    .catch((error) => String(error))
  for (const place of [inspected, listed, top, JSON.stringify(log)]) assert.ok(!place.includes('canary'), place)
  assert.deepEqual(await processesThatTell('canary'), [])
  running.stdin?.end()
  const [result, stderr, exit] = await Promise.all([text(running.result), text(running.stderr), running.exited])
  assert.deepEqual([result, stderr, exit], [`result of ${CANARY}`, '600\n', { code: 0, signal: null }])
  assert.equal((await running.readFile('config.json'))?.toString(), `{"token":"${CANARY}-rotated"}`)
  assert.equal(await running.readFile('missing'), null)
  assert.equal(existsSync(running.directory), false)
  assert.deepEqual(await ours(), [])
})

test('input ends where it is ended, files are replaced while the program runs, and long output comes whole', {
  skip,
}, async () => {
  const running = await runtime.start(
    node(
      `process.stderr.write('e'.repeat(100_000)); const fs = require('node:fs')
       process.stdin.on('data', (d) => process.stdout.write(fs.readFileSync(process.env.HOME + '/token') + ':' + d))
       process.stdin.on('end', () => process.stdout.write('o'.repeat(3_000_000), () => process.exit(3)))`,
      { stdin: 'pipe', files: { token: 'first' } },
    ),
  )
  running.stdin?.write('a')
  assert.equal(String((await once(running.stdout, 'data'))[0]), 'first:a')
  await running.writeFile('token', secret('second'))
  running.stdin?.write('b')
  assert.equal(String((await once(running.stdout, 'data'))[0]), 'second:b')
  running.stdin?.end()
  const [stdout, stderr] = await Promise.all([text(running.stdout), text(running.stderr)])
  assert.deepEqual([stdout.length, stderr.length], [3_000_000, 100_000])
  assert.deepEqual(await running.exited, { code: 3, signal: null })
})

test('a slow reader slows the container: what it prints is not gathered meanwhile', { skip }, async () => {
  const running = await runtime.start(
    node(`const block = Buffer.alloc(1 << 20, 120), fs = require('node:fs')
          for (let n = 1; n <= 48; n += 1) { fs.writeSync(1, block); fs.writeFileSync(process.env.HOME + '/written', String(n)) }`),
  )
  await once(running.stdout, 'readable')
  const written = async () => Number((await running.readFile('written')) ?? 0)
  for (let before = -1; before !== (await written()); ) {
    before = await written()
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
  assert.ok((await written()) < 40, `${await written()} of 48 blocks were taken with nobody reading`)
  let bytes = 0
  for await (const chunk of running.stdout) bytes += chunk.length
  assert.equal(bytes, 48 * 2 ** 20)
  assert.deepEqual(await running.exited, { code: 0, signal: null })
})

test('memory, processes and files are bounded, and who breaks the bound of memory is told so', { skip }, async () => {
  const greedy = node(`const held = []; for (;;) held.push(Buffer.alloc(1 << 24, 1))`, {
    limits: { memory_bytes: 128 * 2 ** 20 },
  })
  assert.deepEqual((await outputOf(greedy)).exit, { code: null, signal: 'SIGKILL', limit: 'memory' })
  const forks = ['/bin/sh', '-c', 'n=0; while [ $n -lt 40 ]; do sleep 5 & n=$((n+1)); done; echo all']
  const forking = await outputOf(node('', { command: forks, limits: { processes: 20 } }))
  assert.ok(!forking.stdout.includes('all'), 'so many processes were started')
  const writing = `try { require('node:fs').writeFileSync(process.env.HOME + '/big', Buffer.alloc(3e6)) } catch (error) { console.log(error.code) }`
  const { stdout, exit } = await outputOf(node(writing, { limits: { file_bytes: 1e6 } }))
  assert.ok(stdout === 'EFBIG\n' || exit.signal === 'SIGXFSZ', JSON.stringify({ stdout, exit }))
})

test('a share of the processors is all that a container gets', { skip }, async () => {
  const script = `const start = process.cpuUsage(), until = Date.now() + 2000; while (Date.now() < until); const { user, system } = process.cpuUsage(start); console.log(user + system)`
  const { stdout } = await outputOf(node(script, { limits: { cpus: 0.25 } }))
  assert.ok(Number(stdout) < 1_000_000, `${stdout.trim()} µs of 2 s were used`)
})

test('stopping asks first, then kills all that was forked; a time limit does the same', { skip }, async () => {
  const forever = (handler: string, more: Partial<Program> = {}) =>
    node(`${handler}; console.log('up'); setInterval(() => {}, 1000)`, more)
  const polite = await runtime.start(forever(`process.on('SIGTERM', () => process.exit(4))`))
  await once(polite.stdout, 'data')
  assert.deepEqual(await polite.stop(20_000), { code: 4, signal: null })
  const stubborn = await runtime.start(
    forever(
      `process.on('SIGTERM', () => {}); require('node:child_process').spawn('sleep', [String(98_000 + 765)], { detached: true })`,
    ),
  )
  await once(stubborn.stdout, 'data')
  assert.equal((await processesThatTell('98765')).length, 1)
  assert.deepEqual(await stubborn.stop(100), { code: null, signal: 'SIGKILL' })
  assert.deepEqual(await processesThatTell('98765'), [])
  const late = await runtime.start(forever('', { limits: { time_ms: 1_500 } }))
  // Process 1 of a container hears SIGTERM only where it listens, and an engine without an init makes it the program.
  const { gaps } = await runtime.describeConfinement()
  const signal = gaps.some((gap) => gap.includes('catatonit')) ? 'SIGKILL' : 'SIGTERM'
  assert.deepEqual(await late.exited, { code: null, signal, limit: 'time' })
  assert.deepEqual(await ours(), [])
})

test('an image that is not there, and a program that an image has not, are named', { skip }, async () => {
  const refused = (expected: RegExp) => (error: unknown) => error instanceof StartError && expected.test(error.message)
  await assert.rejects(runtime.start(node('', { image: 'localhost/no-such:1' })), refused(/no-such/))
  const pulling = createContainerRuntime({ socket })
  await assert.rejects(pulling.start(node('', { image: '127.0.0.1:9/acme/none:1' })), refused(/127\.0\.0\.1:9/))
  await pulling.close()
  // Told by the engine, or by its process 1 on stderr.
  const missing = await outputOf(node('', { command: ['/no/such/program'] })).catch((error) => error)
  assert.match(`${missing.message} ${missing.stderr}`, /no\/such\/program|no such file/i)
  assert.deepEqual(await ours(), [])
})

test('a connector that declares hosts gets the network that was named', { skip }, async () => {
  const networked = createContainerRuntime({ socket, pull: false, network: 'host' })
  const script = `console.log(Object.keys(require('node:os').networkInterfaces()).length)`
  const running = await networked.start(node(script, { hosts: ['api.acme.com'] }))
  assert.ok(Number(await text(running.stdout)) >= 1)
  await running.exited
  const missing = createContainerRuntime({ socket, pull: false, network: 'no-such-network' })
  await assert.rejects(missing.start(node(script, { hosts: ['api.acme.com'] })), /no-such-network/)
  await networked.close()
  await missing.close()
})

test('a connector reaches the hosts that it declares and nobody else, by the proxy and by no other way', {
  skip,
}, async (t) => {
  const server = createServer(({ url, headers }, response) => response.end(`${url} of ${headers.host}`))
  server.listen(0, '0.0.0.0')
  await once(server, 'listening')
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo // it listens on an address
  const outside = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4')
  const script = `
    const http = require('node:http'), net = require('node:net'), proxy = new URL(process.env.HTTP_PROXY)
    const text = async (stream) => { let all = ''; for await (const chunk of stream) all += chunk; return all }
    const reply = (sent) => new Promise((resolve) => sent.on('response', async (r) => resolve(r.statusCode + ' ' + await text(r))).on('error', (e) => resolve(e.code)).end())
    const asked = (path) => reply(http.request({ host: proxy.hostname, port: proxy.port, path, agent: false }))
    const tunneled = (path) => new Promise((resolve) => http.request({ host: proxy.hostname, port: proxy.port, method: 'CONNECT', path })
      .on('connect', async (r, socket, head) => resolve(r.statusCode === 200 ? reply(http.request({ path: '/t', createConnection: () => socket })) : r.statusCode + ' ' + head + await text(socket))).end())
    const direct = (port, host) => new Promise((resolve) => { const s = net.connect({ port, host }); s.on('connect', () => resolve('connected')).on('error', (e) => resolve(e.code)) })
    const main = async () => ({
      fetched: await fetch('http://127.0.0.1:${port}/f').then((r) => r.text()), named: await asked('http://localhost:${port}/n'),
      tunneled: await tunneled('127.0.0.1:${port}'), other: await asked('http://other.example/?canary'), closed: await tunneled('127.0.0.2:${port}'),
      networks: Object.keys(require('node:os').networkInterfaces()).filter((name) => name !== 'lo'),
      loopback: await direct(${port}, '127.0.0.1'), outside: await direct(${port}, '${outside?.address ?? '203.0.113.1'}'),
      metadata: await direct(80, '169.254.169.254'), name: await direct(443, 'example.com'),
    })
    main().then((told) => { console.log(JSON.stringify({ ...told, port: proxy.port })); process.stdin.resume() })`
  const refused: string[] = []
  const hosts = [`127.0.0.1:${port}`, 'localhost']
  const running = await runtime.start(
    node(script, { hosts, stdin: 'pipe', onRefused: (message) => void refused.push(message) }),
  )
  t.after(() => running.stop(0))
  const [line] = await once(createInterface({ input: running.stdout }), 'line')
  const told = JSON.parse(String(line))
  assert.deepEqual(
    [told.fetched, told.named, told.tunneled],
    [`/f of 127.0.0.1:${port}`, `200 /n of localhost:${port}`, '200 /t of localhost:80'],
  )
  assert.match(
    told.other,
    /^403 The host other\.example is not declared, and so is not reached\. Add other\.example to/,
  )
  assert.match(told.closed, /^403 The host 127\.0\.0\.2 is not declared/)
  assert.deepEqual(
    refused.map((message) => message.slice(0, 24)),
    ['The host other.example i', 'The host 127.0.0.2 is no'],
  )
  assert.deepEqual([told.networks, told.loopback, told.outside], [[], 'ECONNREFUSED', 'ENETUNREACH'])
  assert.deepEqual([told.metadata, told.name], ['ENETUNREACH', 'EAI_AGAIN'])

  // Another one has a loopback of its own, and so has this machine.
  const reaches = `require('node:net').connect(${told.port}, '127.0.0.1').on('connect', () => console.log('connected')).on('error', ({ code }) => console.log(code))`
  const other = await outputOf(node(reaches, { hosts: ['localhost'] }))
  assert.equal(other.stdout, 'ECONNREFUSED\n')
  await assert.rejects(once(connect(Number(told.port), '127.0.0.1'), 'connect'), /ECONNREFUSED/)
  assert.equal((await ours()).length, 2)
  running.stdin?.end()
  assert.deepEqual(await running.exited, { code: 0, signal: null })
  assert.deepEqual(await ours(), [])
  assert.deepEqual(await processesThatTell(dirname(running.directory)), [])
})

test('what a Flow connector rotates in a container that is kept to its hosts is sealed by us, and heard', {
  skip,
}, async (t) => {
  const rotating = `onRequest(async (key, { capture }) => {
    if (key === 'apply') answer({ applied: {} })
    if (key !== 'open') return
    const config = { refresh_token: 'the-second-refresh-token' }
    const response = await fetch(process.env.ENCRYPTION_URL, { method: 'POST', body: JSON.stringify({ config, schema: {} }) })
    log({ level: 'info', msg: 'rotated', fields: { eventType: 'configUpdate', config: await response.json() } })
    answer({ opened: {} })
    process.stdin.destroy()
  })`
  const config_schema = { type: 'object', properties: { refresh_token: { type: 'string', secret: true } } }
  // One that is declared is asked of the proxy, also for what is our own.
  for (const hosts of [['api.acme.com'], ['127.0.0.1:443']]) {
    const { command, ...launch } = launchScript(rotating, { config_schema, runtime, image, hosts })
    const request = { name: 'acme/x', config: { refresh_token: 'the-first-refresh-token' }, state: {}, bindings: [] }
    const started = { ...launch, command: ['node', ...command.slice(1)], cwd: '', signal: t.signal }
    const { events, error } = await readToEnd(capture(started, request))
    assert.equal(error, null)
    const rotated = events.flatMap((event) => (event.type === 'config_update' ? [event.config.reveal()] : []))
    assert.deepEqual(rotated, [{ refresh_token: 'the-second-refresh-token' }])
  }
  assert.deepEqual(await ours(), [])
})

test('containers of a server that was killed are removed at the next start, with their directories', {
  skip,
}, async () => {
  const owner = spawn(
    process.execPath,
    [fileURLToPath(new URL('../../fixtures/container-owner.ts', import.meta.url)), socket, image],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  const [directory] = await Promise.race([once(createInterface({ input: owner.stdout }), 'line'), once(owner, 'exit')])
  assert.equal((await ours()).length, 2)
  const living = await runtime.start(node(`console.log('up'); setInterval(() => {}, 1000)`))
  await once(living.stdout, 'data')
  owner.kill('SIGKILL')
  await once(owner, 'exit')
  await runtime.sweep()
  assert.equal(existsSync(String(directory)), false)
  assert.deepEqual(await processesThatTell(dirname(String(directory))), [])
  assert.equal((await ours()).length, 1)
  await living.stop(0)
  assert.deepEqual(await ours(), [])
})

/** Processes of this machine whose command line or environment holds a text, the test's own excepted. */
async function processesThatTell(wanted: string): Promise<string[]> {
  const found: string[] = []
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)) {
    const read = (file: string) => readFile(`/proc/${pid}/${file}`, 'latin1').catch(() => '')
    if ((await read('cmdline')).includes(wanted) || (await read('environ')).includes(wanted)) found.push(pid)
  }
  return found
}
