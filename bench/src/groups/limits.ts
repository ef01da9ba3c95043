// What the stack can do with nothing of ours on it: no other row of this benchmark can beat these.
import { randomUUID } from 'node:crypto'
import { startEmbeddedPostgres } from '@sluice/server'
import { Hono } from 'hono'
import postgres from 'postgres'
import { requestRate } from '../request-rate.ts'
import type { Measurement } from '../result.ts'
import { withScratchDirectory } from '../scratch-directory.ts'
import { serveApp } from '../serve-app.ts'

export const description = 'what the stack can do: bare hono, one row read, one row inserted'

const ROWS = 10_000
const UNIT = 'requests/s'

export async function measure(): Promise<Measurement[]> {
  const bare = new Hono().get('/', (context) => context.json({ ok: true }))
  const bareHono = await serveApp(bare, (origin) => requestRate(`${origin}/`))
  const { read, insert } = await withScratchDirectory(measurePostgres)
  const reference = 'limits.bare_hono'
  return [
    { id: 'limits.bare_hono', value: bareHono, unit: UNIT },
    { id: 'limits.one_row_read', value: read, unit: UNIT, reference },
    { id: 'limits.one_row_insert', value: insert, unit: UNIT, reference },
  ]
}

/** With fsync on, as it comes. */
async function measurePostgres(directory: string): Promise<{ read: number; insert: number }> {
  const embedded = await startEmbeddedPostgres({ directory })
  const sql = connect(embedded.url)
  try {
    await sql`create table bench_rows (id uuid primary key, name text not null, created_at timestamptz not null default now())`
    const id = randomUUID()
    await sql`insert into bench_rows (id, name) values (${id}, 'the one')`
    await sql`insert into bench_rows (id, name) select gen_random_uuid(), 'row ' || n from generate_series(1, ${ROWS}) n`
    await sql`vacuum analyze bench_rows`

    const app = new Hono()
      .get('/rows/:id', async (context) => {
        const [row] = await sql`select id, name, created_at from bench_rows where id = ${context.req.param('id')}`
        return row === undefined ? context.notFound() : context.json(row)
      })
      .post('/rows', async (context) => {
        const [row] = await sql`insert into bench_rows (id, name) values (${randomUUID()}, 'new') returning id`
        return context.json(row, 201)
      })
    return await serveApp(app, async (origin) => ({
      read: await requestRate(`${origin}/rows/${id}`),
      insert: await requestRate(`${origin}/rows`, { method: 'POST' }),
    }))
  } finally {
    await sql.end()
    await embedded.stop()
  }
}

function connect(url: string): postgres.Sql {
  const target = new URL(url)
  const socketDirectory = target.searchParams.get('host')
  target.searchParams.delete('host')
  const options: postgres.Options<Record<string, never>> & { max_pipeline: number } = {
    ...(socketDirectory !== null && { path: `${socketDirectory}/.s.PGSQL.${target.port || 5432}` }),
    max: 10,
    max_pipeline: 1, // the server's setting; missing from the library's types
    onnotice: () => {},
  }
  return postgres(target.toString(), options)
}
