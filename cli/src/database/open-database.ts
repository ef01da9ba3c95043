// The server's database, read without a server.
import postgres from 'postgres'
import { CliError } from '../cli-error.ts'

/**
 * A connection that can change nothing, and sees every tenant: row-level security shows nothing to one that names none.
 *
 * @throws CliError `usage` for an address that is none
 */
export function openDatabase(url: string, purpose: string): postgres.Sql {
  const { address, socket } = splitUrl(url)
  return postgres(address, {
    max: 1,
    connect_timeout: 10,
    onnotice: () => {},
    ...socket,
    connection: {
      application_name: `sluice ${purpose}`,
      default_transaction_read_only: true,
      'sluice.tenant_id': '*',
    },
  })
}

/** libpq's `?host=/directory` names a unix socket's directory, as the embedded Postgres has it. */
function splitUrl(url: string) {
  const target = URL.parse(url)
  if (target === null || !/^postgres(ql)?:$/.test(target.protocol)) {
    throw new CliError('usage', 'DATABASE_URL is not a postgres:// address.')
  }
  const directory = target.searchParams.get('host')
  target.searchParams.delete('host')
  const socket = directory === null ? {} : { path: `${directory}/.s.PGSQL.${target.port || 5432}` }
  return { address: target.href, socket }
}
