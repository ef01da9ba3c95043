import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { openCarrier } from './open-carrier.ts'

test('a carrier carries to its port alone, lets go of who finds nobody there, and leaves nothing', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-carrier-'))
  t.after(() => rm(directory, { recursive: true }))
  const server = createServer({ allowHalfOpen: true }, async (socket) => {
    socket.on('error', () => {}).end(`heard ${await text(socket)}`)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const path = join(directory, 'own.sock')
  const carrier = await openCarrier(path, (server.address() as AddressInfo).port) // it listens on an address
  t.after(carrier.close)
  const say = (words: string) => connect({ path, allowHalfOpen: true }).end(words)
  assert.equal(await text(say('hello')), 'heard hello')
  const held = connect({ path }).on('error', () => {})
  await once(server, 'connection')
  const ended = once(server.close(), 'close')
  assert.equal(await text(say('anybody?')).catch(() => ''), '')
  await Promise.all([once(held, 'close'), carrier.close(), ended])
  assert.equal(existsSync(path), false)
})
