// `sluice raw oauth --server`: a running server makes the connection, by its own pages, and keeps the grant.
import { openTask, type TaskChoice } from '../connector/open-task.ts'
import { connect } from '../daily/connect/connect.ts'
import type { ServerChoice } from '../profiles/choose-login.ts'
import type { Terminal } from '../terminal.ts'

export interface ServerAuthorization extends TaskChoice, ServerChoice {
  /** Id of the client registration, when the connector has several. */
  integration: string | undefined
  /** Milliseconds. */
  timeout: number
  open: boolean
  json: boolean
  quiet: boolean
}

/** A connect session lives so long at least. */
const SHORTEST_SESSION_MS = 60_000

/**
 * Invites the person at the terminal to connect the task's connector, waits, and prints the connection. A server calls a
 * connector by the last part of its task's name.
 */
export async function authorizeAtServer(options: ServerAuthorization, terminal: Terminal): Promise<void> {
  const { name } = await openTask(options, terminal, { with_config: false })
  const invitation = {
    connector: name.split('/').at(-1),
    connection: undefined,
    user: undefined,
    email: undefined,
    scope: [],
    expiresIn: Math.max(SHORTEST_SESSION_MS, options.timeout),
  }
  await connect({ ...options, ...invitation, wait: true, qr: false }, terminal)
}
