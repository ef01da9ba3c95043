import { ApiError, dataOf } from '@sluice/client'
import { CliError } from '../cli-error.ts'
import { chooseLogin, type Login, type ServerChoice, serverAddress } from '../profiles/choose-login.ts'
import { clientOf } from '../server/open-server.ts'
import { DEFAULT_SERVER } from '../server/server-options.ts'
import type { Terminal } from '../terminal.ts'
import { examineBaseUrl } from './examine-base-url.ts'
import { examineDatabase } from './examine-database.ts'
import { examineIntegrations } from './examine-integrations.ts'
import { dataDirectory } from './examine-machine.ts'
import { examineReach } from './examine-reach.ts'
import { type Finding, failure, skipped } from './finding.ts'
import { judgeDatabase } from './judge-database.ts'
import { judgeKeys } from './judge-keys.ts'
import { judgeConfinement, judgeProxies, judgeQueue } from './judge-work.ts'

/** From the outside in: what a broken part hides is skipped. */
export async function examineServer(
  choice: ServerChoice & { data?: string | undefined },
  terminal: Terminal,
): Promise<Finding[]> {
  const { login, server, finding } = loginFor(choice, terminal)
  const { findings, reached } = await examineReach(server, terminal.signal)
  if (finding !== null) findings.push(finding)
  const { env } = terminal
  // Who names the database lets it be asked where the server cannot be.
  if (!reached && (env.DATABASE_URL || choice.data !== undefined)) {
    findings.push(...(await examineDatabase(dataDirectory(choice.data, env), env)))
  }
  if (!reached || login === null) return findings

  const client = clientOf(login, terminal)
  const diagnostics = await dataOf(client.GET('/v1/diagnostics')).catch((error: unknown) => notTold(error))
  if ('check' in diagnostics) findings.push(diagnostics)
  else {
    findings.push(
      ...(await examineBaseUrl(diagnostics.base_url, server, terminal.signal)),
      ...judgeProxies(diagnostics, terminal.env),
      ...judgeDatabase(diagnostics),
      ...judgeKeys(diagnostics),
      ...judgeQueue(diagnostics),
      ...judgeConfinement(diagnostics),
    )
  }
  return [...findings, ...(await examineIntegrations(client))]
}

interface Found {
  server: string
  login: Login | null
  finding: Finding | null
}

/** Without a login, the server is still looked at from the outside. */
function loginFor(choice: ServerChoice, { env }: Terminal): Found {
  try {
    const login = chooseLogin(choice, env)
    return { server: login.server, login, finding: null }
  } catch (error) {
    if (!(error instanceof CliError) || error.exit !== 'login') throw error
    const server = serverAddress(choice.server ?? env.SLUICE_SERVER ?? DEFAULT_SERVER)
    return { server, login: null, finding: failure('login', error.message, error.next_action ?? 'Run: sluice login') }
  }
}

function notTold(error: unknown): Finding {
  if (!(error instanceof ApiError)) throw error
  if (error.cause instanceof CliError) {
    return failure('login', error.cause.message, error.cause.next_action ?? 'Run: sluice login')
  }
  if (error.code === 'scope_missing') {
    return skipped('inside', 'Database, keys, queue and confinement are told to API keys with the scope admin only.')
  }
  if (error.status === 404) return skipped('inside', 'This server is too old to tell how it is.')
  return failure('inside', error.message, 'See the server’s log.')
}
