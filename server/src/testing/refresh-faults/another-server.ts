import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { bundleProgram } from '../bundle-program.ts'
import type { TestServer } from '../test-server.ts'
import type { ServerOrder } from './another-process.ts'

const PROGRAM = fileURLToPath(new URL('another-process.ts', import.meta.url))

export interface AnotherServer {
  base_url: string
  child: ChildProcess
  /** SIGKILL. */
  kill(): Promise<void>
}

/** The program of such a process in one file, for whoever starts many of them. */
export function bundleServer(directory: string): Promise<string> {
  return bundleProgram(PROGRAM, directory)
}

/** Starts a second server process on the database of a test's server. */
export async function startAnotherServer(server: TestServer, program = PROGRAM): Promise<AnotherServer> {
  const order: ServerOrder = { ...server.launch, database_url: server.database_url }
  const child = fork(program, [JSON.stringify(order)], {
    execArgv: process.execArgv.filter((argument) => !argument.startsWith('--test')),
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { PATH: process.env.PATH },
  })
  const exited = once(child, 'exit')
  const [ready] = await Promise.race([once(child, 'message'), exited])
  if (typeof ready?.port !== 'number') throw new Error('a server did not start')
  return {
    base_url: `http://localhost:${ready.port}`,
    child,
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
  }
}
