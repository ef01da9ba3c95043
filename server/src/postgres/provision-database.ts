import postgres from 'postgres'
import { SUPERUSER } from './initialize-cluster.ts'
import { socketPath } from './socket-directory.ts'

/** No superuser, so that row-level security binds it. It may make databases, which tests clone. */
const ROLE = 'sluice'
const DATABASE = 'sluice'

/** libpq URI (PostgreSQL manual §34.1.1.2) of the server's database. */
export function databaseUrl(socketDirectory: string): string {
  return `postgres://${ROLE}@localhost/${DATABASE}?host=${encodeURIComponent(socketDirectory)}`
}

/** Makes the server's role and database where they are missing. */
export async function provisionDatabase(socketDirectory: string): Promise<void> {
  const sql = postgres({
    path: socketPath(socketDirectory),
    username: SUPERUSER,
    database: 'postgres',
    ssl: false,
    max: 1,
    connect_timeout: 10,
    onnotice: () => {},
  })
  try {
    const roles = await sql`select from pg_roles where rolname = ${ROLE}`
    if (roles.count === 0) await sql.unsafe(`create role ${ROLE} login createdb`)
    const databases = await sql`select from pg_database where datname = ${DATABASE}`
    if (databases.count === 0) await sql.unsafe(`create database ${DATABASE} owner ${ROLE}`)
  } finally {
    await sql.end({ timeout: 5 })
  }
}
