// What any broker must do at least, on bare Hono in a process of its own: read one row and decrypt it, insert one row,
// exchange one code.
import { createDecipheriv, createSecretKey, randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'
import { openPool } from './open-pool.ts'

export interface BareOrder {
  database_url: string
  /** Base64. */
  key: string
  provider: string
}

const order = JSON.parse(process.argv[2] ?? '{}') as BareOrder
const sql = openPool(order.database_url)
const key = createSecretKey(Buffer.from(order.key, 'base64'))

const app = new Hono()
  .get('/rows/:id', async (c) => {
    const [row] = await sql`select sealed from bench_rows where id = ${c.req.param('id')}`
    if (row === undefined) return c.notFound()
    const sealed = row.sealed as Buffer
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12))
    decipher.setAuthTag(sealed.subarray(-16))
    const text = Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]).toString('utf8')
    return c.json(JSON.parse(text))
  })
  .post('/rows', async (c) => {
    await sql`insert into bench_starts (id, sealed) values (${randomUUID()}, ${randomBytes(400)})`
    return c.json({ url: 'https://provider.example/authorize' })
  })
  .get('/exchange', async (c) => {
    const response = await fetch(`${order.provider}/token`, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'authorization_code', code: c.req.query('code') ?? '' }),
    })
    return c.json({ ok: typeof ((await response.json()) as { access_token?: string }).access_token === 'string' })
  })

const server = createAdaptorServer({ fetch: app.fetch })
server.listen(0, '127.0.0.1')
await once(server, 'listening')
process.once('disconnect', () => process.exit(0))
process.send?.({ port: (server.address() as AddressInfo).port })
