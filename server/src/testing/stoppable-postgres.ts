import { rmSync, symlinkSync } from 'node:fs'
import { startEmbeddedPostgres } from '../postgres/start-embedded-postgres.ts'
import { TEST_DATABASE_VARIABLE } from './database.ts'
import { type Deferring, defer } from './defer.ts'
import { temporaryDirectory } from './temporary-directory.ts'

export interface StoppablePostgres {
  stop(): Promise<void>
  /** Starts it again at the same address. */
  start(): Promise<void>
}

/** A Postgres for test databases that may be stopped. It is the file's own from now on: others would miss theirs. */
export async function startStoppablePostgres(t: Deferring): Promise<StoppablePostgres> {
  const directory = temporaryDirectory(t)
  let postgres = await startEmbeddedPostgres({ directory })
  const address = socketDirectoryOf(postgres)
  process.env[TEST_DATABASE_VARIABLE] = postgres.url
  defer(t, async () => {
    await postgres.stop()
    rmSync(address, { recursive: true, force: true })
  })
  return {
    stop: () => postgres.stop(),
    async start() {
      postgres = await startEmbeddedPostgres({ directory })
      // It has another socket each time; whoever is connected knows the first.
      symlinkSync(socketDirectoryOf(postgres), address)
    },
  }
}

function socketDirectoryOf({ url }: { url: string }): string {
  return new URL(url).searchParams.get('host') ?? ''
}
