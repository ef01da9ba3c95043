// The Postgres servers that tests run on: the embedded one, and one that the machine has or DATABASE_URL names.
import { machineBinDirectories } from '../../server/src/postgres/machine-binaries.ts'
import { PostgresError } from '../../server/src/postgres/postgres-error.ts'
import { dropTemplates, TEST_DATABASE_VARIABLE } from '../../server/src/testing/database.ts'
import { startTemporaryCluster } from '../../server/src/testing/temporary-cluster.ts'

export interface TestDatabaseServer {
  label: string
  /** libpq URI by which tests may make databases. */
  url: string
  stop(): Promise<void>
}

export async function startEmbeddedTestDatabase(): Promise<TestDatabaseServer> {
  const { url, version, stop } = await startTemporaryCluster()
  return { label: `embedded Postgres ${version}`, url, stop }
}

/** Null when there is none that Sluice supports. */
export async function startServerTestDatabase(databaseUrl: string | undefined): Promise<TestDatabaseServer | null> {
  if (databaseUrl !== undefined && databaseUrl !== '') {
    return { label: 'server Postgres of DATABASE_URL', url: databaseUrl, stop: () => dropTemplates(databaseUrl) }
  }
  for (const bin_directory of await machineBinDirectories()) {
    try {
      const { url, version, stop } = await startTemporaryCluster({ bin_directory })
      return { label: `server Postgres ${version}`, url, stop }
    } catch (error) {
      if (!(error instanceof PostgresError && error.code === 'postgres_not_found')) throw error
    }
  }
  return null
}

/** Test processes started from now on make their databases on this server. */
export function useTestDatabase({ url }: TestDatabaseServer): void {
  process.env[TEST_DATABASE_VARIABLE] = url
}
