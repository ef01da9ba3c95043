// A Postgres cluster that lives as long as one process wants it, with nothing of worth in it.
import { chmodSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbeddedPostgres } from '../postgres/start-embedded-postgres.ts'
import { identifyProcess } from '../process-identity.ts'

export interface TemporaryCluster {
  url: string
  version: string
  /** Ends Postgres and removes the data. */
  stop(): Promise<void>
}

/** Ends with this process at the latest, except when that is killed outright. */
export async function startTemporaryCluster({
  bin_directory,
}: {
  bin_directory?: string
} = {}): Promise<TemporaryCluster> {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'sluice-cluster-')))
  // As root, Postgres runs as another account, which passes through.
  chmodSync(directory, 0o711)
  const remove = () => rmSync(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 20 })
  try {
    const postgres = await startEmbeddedPostgres({ directory, fsync: false, bin_directory })
    const endNow = () => {
      process.kill(postgres.pid, 'SIGQUIT')
      while (identifyProcess(postgres.pid) !== null) blockFor(5)
      remove()
    }
    process.once('exit', endNow)
    return {
      url: postgres.url,
      version: postgres.version,
      async stop() {
        process.removeListener('exit', endNow)
        await postgres.stop()
        remove()
      },
    }
  } catch (error) {
    remove()
    throw error
  }
}

/** At the exit of a process nothing can be awaited. */
function blockFor(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
}
