import assert from 'node:assert/strict'
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { readDeveloperClient } from './developer-client.ts'
import type { Lab, LabClient, MessageFromChild, MessageToChild } from './index.ts'
import { authorize, getApi, refresh } from './test-client.ts'

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))
const CLIENT: LabClient = { client_id: 'forked', client_secret: 'secret', redirect_uris: ['http://localhost:9/cb'] }

const directory = mkdtempSync(join(tmpdir(), 'lab-main-'))
const taken = createServer()
let takenPort: number
before(async () => {
  taken.listen(0, '127.0.0.1')
  await once(taken, 'listening')
  takenPort = (taken.address() as AddressInfo).port
})
after(() => {
  taken.close()
  rmSync(directory, { recursive: true })
})

function forkLab(message: MessageToChild): ChildProcess {
  const child = fork(MAIN, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
  child.send(message)
  return child
}

async function nextMessage(child: ChildProcess): Promise<MessageFromChild> {
  const exited = once(child, 'exit').then(([code]) => assert.fail(`the lab exited with ${code}`))
  const [message] = await Promise.race([once(child, 'message'), exited])
  return message
}

async function readyOrigin(child: ChildProcess): Promise<string> {
  const message = await nextMessage(child)
  assert.equal(message.type, 'ready')
  return message.type === 'ready' ? message.origin : ''
}

test('a forked lab takes clients, prints nothing, and ends when its parent disconnects', async () => {
  const child = forkLab({ type: 'start', port: 0 })
  const output = Promise.all([child.stdout, child.stderr].map((stream) => (stream === null ? '' : text(stream))))
  const origin = await readyOrigin(child)
  child.send({ type: 'add_client', client: CLIENT } satisfies MessageToChild)
  assert.deepEqual(await nextMessage(child), { type: 'client_added', client_id: 'forked' })
  assert.ok((await authorize({ origin } as Lab, CLIENT)).access_token)
  const exit = once(child, 'exit')
  child.disconnect()
  assert.deepEqual(await exit, [0, null])
  assert.deepEqual(await output, ['', ''])
})

test('a forked lab knows the developer client when it is asked to', async () => {
  const child = forkLab({ type: 'start', port: 0, developer_client: true })
  const origin = await readyOrigin(child)
  assert.ok((await authorize({ origin } as Lab, await readDeveloperClient())).access_token)
  child.kill('SIGTERM')
  await once(child, 'exit')
})

test('tokens survive kill -9 of the lab', async () => {
  const start: MessageToChild = { type: 'start', state_file: join(directory, 'state.ndjson'), clients: [CLIENT] }
  const first = forkLab(start)
  const lab = { origin: await readyOrigin(first) } as Lab
  const tokens = await authorize(lab, CLIENT)
  const exit = once(first, 'exit')
  first.kill('SIGKILL')
  await exit

  const second = forkLab({ ...start, port: Number(new URL(lab.origin).port) })
  assert.equal(await readyOrigin(second), lab.origin)
  assert.equal((await getApi(lab, '/api/me', tokens.access_token)).status, 200)
  assert.ok((await refresh(lab, CLIENT, tokens.refresh_token)).access_token)
  second.disconnect()
})

test('a taken port is an error that names it, unless a fallback is allowed', async () => {
  const refused = forkLab({ type: 'start', port: takenPort })
  const exit = once(refused, 'exit')
  const message = await nextMessage(refused)
  assert.deepEqual(message, {
    type: 'error',
    code: 'port_taken',
    message: `Port ${takenPort} is taken by another program; stop that program or give the lab another port.`,
  })
  assert.deepEqual(await exit, [1, null])

  const elsewhere = forkLab({ type: 'start', port: takenPort, port_fallback: true })
  assert.notEqual(await readyOrigin(elsewhere), `http://localhost:${takenPort}`)
  elsewhere.disconnect()
})

test('a message that the lab does not understand ends it with the place', async () => {
  const child = fork(MAIN)
  child.send({ type: 'start', port: 'ten' })
  const message = await nextMessage(child)
  assert.match(message.type === 'error' ? message.message : '', /does not understand port/)
})

test('as a program it prints its address and the developer client, and stops on SIGTERM', async () => {
  const program = spawn(process.execPath, [MAIN, '--port', '0'], { stdio: ['ignore', 'pipe', 'pipe'] })
  const errors = text(program.stderr)
  const ended = errors.then((output) => assert.fail(output))
  const [output] = await Promise.race([once(program.stdout.setEncoding('utf8'), 'data'), ended])
  assert.match(output, /Lab: http:\/\/localhost:\d+\n {2}client {8}sluice-cli/)
  program.kill('SIGTERM')
  assert.deepEqual(await once(program, 'exit'), [0, null])
  assert.equal(await errors, '')
})

test('a program that cannot start says why and exits 1', async () => {
  for (const [args, reason] of [
    [['--port', String(takenPort)], /^lab: Port \d+ is taken/],
    [['--port', 'x'], /^lab: The value of --port does not fit/],
    [['--prot', '1'], /^lab: Unknown option '--prot'/],
  ] as const) {
    const program = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    const [errors, exit] = await Promise.all([text(program.stderr), once(program, 'exit')])
    assert.match(errors, reason)
    assert.deepEqual(exit, [1, null])
  }
})
