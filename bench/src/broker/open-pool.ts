import postgres from 'postgres'

/** As the server opens its own: `max_pipeline` is missing from the library's types. */
export function openPool(url: string): postgres.Sql {
  const target = new URL(url)
  const socketDirectory = target.searchParams.get('host')
  target.searchParams.delete('host')
  const options: postgres.Options<Record<string, never>> & { max_pipeline: number; connection: object } = {
    ...(socketDirectory !== null && { path: `${socketDirectory}/.s.PGSQL.${target.port || 5432}` }),
    max: 10,
    // Row-level security: this program looks at every tenant.
    connection: { 'sluice.tenant_id': '*' },
    max_pipeline: 1,
    onnotice: () => {},
  }
  return postgres(target.toString(), options)
}
