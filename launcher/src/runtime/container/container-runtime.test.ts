import assert from 'node:assert/strict'
import { once } from 'node:events'
import { cpSync, existsSync, readdirSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename, dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, test } from 'node:test'
import { secret } from '@sluice/connector-specs'
import { flow } from '../../index.ts'
import { newSealingKey } from '../../sealed-text.ts'
import { askLeased } from '../../testing/ask-leased.ts'
import { startEngineStandIn } from '../../testing/engine-stand-in.ts'
import { type Program, StartError } from '../runtime.ts'
import { GATEWAY_LABEL, OWNER_LABEL } from './container-request.ts'
import { createContainerRuntime } from './container-runtime.ts'

const CANARY = 'canary-token/of+the=container'
const engine = await startEngineStandIn({
  'acme/node': [process.execPath, '-e'],
  'remote/node': [process.execPath, '-e'],
})
const runtime = createContainerRuntime({ socket: engine.socket })
after(async () => {
  await runtime.close()
  await engine.close()
})

const node = (script: string, more: Partial<Program> = {}): Program => ({
  name: 'acme/test',
  image: 'acme/node',
  command: [script],
  cwd: '',
  env: {},
  stdin: 'closed',
  ...more,
})

test('a container has the private directory alone to write to, no capabilities, no log of the engine, and its limits', async () => {
  const running = await runtime.start(
    node(`console.log(process.env.HOME)`, {
      limits: { memory_bytes: 1e9, cpus: 0.5, processes: 50, file_bytes: 1e6, cpu_seconds: 9 },
    }),
  )
  assert.equal(await text(running.stdout), `${running.directory}\n`)
  const created = engine.created.at(-1)
  assert.ok(created)
  const { HostConfig, User } = created
  assert.equal(User, `${process.getuid?.()}:${process.getgid?.()}`)
  assert.deepEqual(
    [HostConfig.ReadonlyRootfs, HostConfig.CapDrop, HostConfig.SecurityOpt, HostConfig.LogConfig.Type],
    [true, ['ALL'], ['no-new-privileges'], 'none'],
  )
  assert.deepEqual(HostConfig.Mounts, [{ Type: 'bind', Source: running.directory, Target: running.directory }])
  assert.deepEqual(
    [HostConfig.Memory, HostConfig.MemorySwap, HostConfig.NanoCpus, HostConfig.PidsLimit],
    [1e9, 1e9, 5e8, 50],
  )
  assert.deepEqual(
    HostConfig.Ulimits.map(({ Name, Hard }) => [Name, Hard]),
    [
      ['core', 0],
      ['fsize', 1e6],
      ['cpu', 9],
    ],
  )
  await running.exited
  assert.equal(engine.containers.size, 0)
})

test('only a connector that declares hosts has a network: that of a gateway, or the one that was named', async (t) => {
  const named = createContainerRuntime({ socket: engine.socket, network: 'connectors' })
  t.after(named.close)
  const networkOf = async (hosts?: string[], by = runtime) => {
    const running = await by.start(node('', hosts && { hosts }))
    await running.exited
    return engine.created.at(-1)?.HostConfig.NetworkMode
  }
  assert.deepEqual(
    [await networkOf(), await networkOf([]), await networkOf(['*']), await networkOf(['api.acme.com'], named)],
    ['none', 'none', 'bridge', 'connectors'],
  )
  assert.match((await networkOf(['api.acme.com'])) ?? '', /^container:[0-9a-f]{64}$/)
  const gateway = engine.created.at(-2)
  assert.ok(gateway)
  assert.deepEqual([gateway.HostConfig.NetworkMode, gateway.HostConfig.CapDrop], ['none', ['ALL']])
  const [own, ...mounts] = gateway.HostConfig.Mounts
  assert.ok(own && mounts.every(({ ReadOnly, Target }) => ReadOnly && Target.startsWith('/sluice/')))
  assert.equal(existsSync(own.Source), false)
  assert.deepEqual([engine.containers.size, (await named.describeConfinement()).gaps], [0, []])
})

test('a connector reaches the hosts that it declares through its gateway; what is refused is told by its log', async (t) => {
  const server = createServer(({ url, headers }, response) => response.end(`${url} of ${headers.host}`))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo // it listens on an address
  const logs: string[] = []
  const spec = await flow.spec({
    name: 'acme/flow',
    runtime,
    image: 'acme/node',
    command: [
      `const ask = (host) => fetch('http://' + host + ':${port}/path').then((response) => response.text(), () => 'failed')
       process.stdin.once('data', async () => {
         const told = [await ask('127.0.0.1'), await ask('evil.example'), await ask('evil.example'), process.env.all_proxy]
         console.log(JSON.stringify({ spec: { protocol: 3032023, configSchema: { told }, resourceConfigSchema: {} } }))
       })`,
    ],
    cwd: '',
    env: { all_proxy: 'its own' },
    secrets: [],
    hosts: [`127.0.0.1:${port}`],
    onLog: ({ level, message }) => void logs.push(`${level}: ${message}`),
  })
  const [reached, refused, again, own] = (spec.config_schema as { told: string[] }).told
  assert.equal(reached, `/path of 127.0.0.1:${port}`)
  assert.deepEqual([refused, again, own], ['failed', 'failed', 'its own'])
  assert.deepEqual(logs, [
    'warn: The host evil.example is not declared, and so is not reached. Add evil.example to "hosts" of the connector\'s endpoint if it is meant.',
  ])
  assert.equal(engine.containers.size, 0)
})

test('a gateway that was ended is told of, and nothing of it stays', async () => {
  const told = Promise.withResolvers<string>()
  const running = await runtime.start(
    node('setInterval(() => {}, 1000)', { hosts: ['api.acme.com'], onRefused: told.resolve }),
  )
  const gateway = [...engine.containers.values()].find(({ request }) => GATEWAY_LABEL in request.Labels)
  gateway?.process?.kill('SIGKILL')
  assert.match(await told.promise, /^The gateway of this connector was ended/)
  await running.stop(0)
  assert.equal(engine.containers.size, 0)
})

test('closing ends what has a gateway before the gateway', async () => {
  const closing = createContainerRuntime({ socket: engine.socket })
  const told: string[] = []
  const running = await closing.start(
    node('setInterval(() => {}, 1000)', { hosts: ['api.acme.com'], onRefused: (message) => void told.push(message) }),
  )
  await closing.close()
  assert.equal((await running.exited).signal, 'SIGKILL')
  assert.deepEqual([engine.containers.size, existsSync(dirname(running.directory)), told], [0, false, []])
})

test('what names no host is refused before anything is started, and a gateway goes when what it is for does not start', async () => {
  const refused = (expected: RegExp) => (error: unknown) => error instanceof StartError && expected.test(error.message)
  await assert.rejects(runtime.start(node('', { hosts: ['https://api.acme.com/'] })), refused(/"https:.*names no host/))
  engine.lacks.add('connectors')
  await assert.rejects(runtime.start(node('', { hosts: ['api.acme.com'] })), refused(/no connector today/))
  engine.lacks.clear()
  assert.equal(engine.containers.size, 0)
  const there = await runtime.start(node('console.log(process.env.HOME)'))
  assert.deepEqual(
    readdirSync(dirname(there.directory)).sort(),
    [basename(there.directory), 'owner.sock', 'stage'].sort(),
  )
  await there.exited
})

test('S49 secrets reach a container by files of its private directory, never by argv, environment or labels; nothing stays', async () => {
  const running = await runtime.start(
    node(
      `const fs = require('node:fs'); const path = process.env.HOME + '/config.json'
       const { token } = JSON.parse(fs.readFileSync(path)); fs.writeSync(3, 'result of ' + token)
       fs.writeFileSync(path, JSON.stringify({ token: token + '-rotated' })); console.error((fs.statSync(path).mode & 0o777).toString(8))`,
      {
        files: { 'config.json': secret(JSON.stringify({ token: CANARY })) },
        harvest: ['config.json'],
        result_fd: 3,
      },
    ),
  )
  assert.ok(running.result)
  const [result, stderr, exit] = await Promise.all([text(running.result), text(running.stderr), running.exited])
  assert.deepEqual([result, stderr, exit], [`result of ${CANARY}`, '600\n', { code: 0, signal: null }])
  assert.equal((await running.readFile('config.json'))?.toString(), `{"token":"${CANARY}-rotated"}`)
  assert.equal(JSON.stringify(engine.created).includes('canary'), false)
  assert.equal(existsSync(running.directory), false)
})

test('stdin ends where it is ended, and the two output streams are told apart in whatever pieces they come', async () => {
  const running = await runtime.start(
    node(
      `process.stderr.write('e'.repeat(100_000)); process.stdin.on('data', (d) => process.stdout.write('<' + d + '>'))
       process.stdin.on('end', () => { process.stdout.write('o'.repeat(1_000_000), () => process.exit(3)) })`,
      { stdin: 'pipe' },
    ),
  )
  running.stdin?.write('hello')
  const [first] = await once(running.stdout, 'data')
  assert.equal(String(first), '<hello>')
  running.stdin?.end()
  const [stdout, stderr] = await Promise.all([text(running.stdout), text(running.stderr)])
  assert.deepEqual([stdout.length, stderr.length], [1_000_000, 100_000])
  assert.deepEqual(await running.exited, { code: 3, signal: null })
})

test('stopping asks first and kills after the grace; a time limit does the same', async () => {
  const stubborn = await runtime.start(
    node(`process.on('SIGTERM', () => {}); console.log('up'); setInterval(() => {}, 1000)`),
  )
  await once(stubborn.stdout, 'data')
  assert.deepEqual(await stubborn.stop(100), { code: null, signal: 'SIGKILL' })
  const polite = await runtime.start(
    node(`process.on('SIGTERM', () => process.exit(4)); console.log('up'); setInterval(() => {}, 1000)`),
  )
  await once(polite.stdout, 'data')
  assert.deepEqual(await polite.stop(10_000), { code: 4, signal: null })
  const late = await runtime.start(node('setInterval(() => {}, 1000)', { limits: { time_ms: 300 } }))
  assert.deepEqual(await late.exited, { code: null, signal: 'SIGTERM', limit: 'time' })
})

test('an engine that brings no process 1, or may raise no limits, is asked for less; what that costs is told', async () => {
  const poor = createContainerRuntime({ socket: engine.socket })
  engine.lacks.add('init').add('limits')
  const running = await poor.start(node(`console.log('up')`))
  assert.equal(await text(running.stdout), 'up\n')
  await running.exited
  const { Init, Ulimits } = engine.created.at(-1)?.HostConfig ?? {}
  assert.deepEqual([Init, Ulimits?.map(({ Name }) => Name)], [false, ['core', 'nofile', 'nproc']])
  assert.match((await poor.describeConfinement()).gaps.join(' '), /no process 1 to bring .* Install catatonit/)
  engine.lacks.clear()
  assert.equal(engine.containers.size, 0)
  await poor.close()
})

test('who was killed and not by us ran out of memory, where memory was bounded; engines do not always hear of it', async () => {
  const script = `process.kill(process.pid, 'SIGKILL')`
  const bounded = await runtime.start(node(script, { limits: { memory_bytes: 1e9 } }))
  assert.deepEqual(await bounded.exited, { code: null, signal: 'SIGKILL', limit: 'memory' })
  const unbounded = await runtime.start(node(script))
  assert.deepEqual(await unbounded.exited, { code: null, signal: 'SIGKILL' })
})

test('a command takes the place of the entrypoint, or stands before it, where it is asked to', async () => {
  const told = async (more: Partial<Program>) => {
    const running = await runtime.start(node(`console.log('told')`, more))
    const [output] = await Promise.all([text(running.stdout), running.exited])
    return output
  }
  assert.equal(await told({ command: ['/bin/echo', 'whole'], replaces_entrypoint: true }), 'whole\n')
  assert.equal(await told({ before: ['/bin/sh', '-c', 'echo before; exec "$@"', 'sh'] }), 'before\ntold\n')
})

test('an image that is not there is pulled; one that cannot be had, and an engine that does not answer, are named', async () => {
  const pulled = await runtime.start(node(`console.log('pulled')`, { image: 'remote/node' }))
  assert.equal(await text(pulled.stdout), 'pulled\n')
  const refused = (expected: RegExp) => (error: unknown) => error instanceof StartError && expected.test(error.message)
  await assert.rejects(runtime.start(node('', { image: 'no/such' })), refused(/pull access denied for no\/such/))
  const { image: _, ...without } = node('')
  await assert.rejects(runtime.start(without), refused(/names no image/))
  const away = createContainerRuntime({ socket: '/no/such/engine.sock' })
  await assert.rejects(away.start(node('')), refused(/no container engine answers \(ENOENT\); start Docker or Podman/))
  await away.close()
})

test('containers of an owner that was killed are removed at the next start, and no others', async () => {
  const living = await runtime.start(node(`setInterval(() => {}, 1000)`))
  const [container] = engine.containers.values()
  assert.ok(container)
  const root = living.directory.split('/').slice(0, -2).join('/')
  const { request } = container
  const leave = (id: string, owner: string, more: Partial<typeof request> = {}) => {
    const left = { ...request, ...more, Labels: { ...request.Labels, ...more.Labels, [OWNER_LABEL]: owner } }
    engine.containers.set(id, { ...container, id, request: left, process: null })
  }
  leave('killed', `${root}/killed-long-ago`)
  leave('elsewhere', '/another/root/owner')
  // The engine refuses to remove whose network another container shares.
  leave('gateway', `${root}/killed-long-ago`, { Labels: { [GATEWAY_LABEL]: 'true' } })
  leave('shares', `${root}/killed-long-ago`, {
    HostConfig: { ...request.HostConfig, NetworkMode: 'container:gateway' },
  })
  await runtime.sweep()
  assert.deepEqual([...engine.containers.keys()], [container.id, 'elsewhere'])
  await living.stop(0)
  engine.containers.clear()
})

test('what a connector rotated in a container whose owner was killed is kept for who takes it', async () => {
  const bequest = { note: 'whose it was', key: newSealingKey().toString('base64'), files: ['config.json'] }
  const program = node(`require('node:fs').writeFileSync(process.env.HOME + '/config.json', 'rotated')`)
  const running = await runtime.start({ ...program, bequest, files: { 'config.json': 'given' } })
  await running.keepTold?.('told')
  await running.exited
  // As it lies there when the owner is killed before it has taken this over.
  const owner = join(running.directory, '../../killed-long-ago')
  cpSync(dirname(running.directory), owner, { recursive: true, filter: (path) => !path.endsWith('.sock') })
  await running.release?.()
  assert.equal(existsSync(running.directory), false)
  const found: object[] = []
  await runtime.sweep(async ({ note, open }) => {
    if (note !== bequest.note) return 'foreign'
    found.push({ note, ...(await open(bequest.key)) })
    return 'taken'
  })
  assert.deepEqual(found, [{ note: 'whose it was', told: 'told', files: { 'config.json': 'rotated' } }])
  assert.equal(existsSync(owner), false)
})

test('a Flow connector answers out of a container as out of a process', async () => {
  const SPEC = `{ protocol: 3032023, configSchema: {}, resourceConfigSchema: {} }`
  const spec = await flow.spec({
    name: 'acme/flow',
    runtime,
    image: 'acme/node',
    command: [`process.stdin.once('data', () => console.log(JSON.stringify({ spec: ${SPEC} })))`],
    cwd: '',
    env: {},
    secrets: [],
  })
  assert.deepEqual(spec.config_schema, {})
})

test('a connector in a container finds a valid token in the file of its lease, and no address that it could not reach', async () => {
  const found = await askLeased(runtime, (script) => [script])
  const told = ['token_type', 'expires_at']
  assert.deepEqual(found, { seen: ['token-1', 'token-2', 'token-3'], told, lives: true })
})
