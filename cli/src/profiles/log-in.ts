import { password } from '@clack/prompts'
import { ApiError, type components, dataOf } from '@sluice/client'
import { answered } from '../ask.ts'
import { CliError } from '../cli-error.ts'
import { printableJson } from '../printable.ts'
import { clientOf } from '../server/open-server.ts'
import { DEFAULT_SERVER } from '../server/server-options.ts'
import type { Terminal } from '../terminal.ts'
import { type Login, serverAddress } from './choose-login.ts'
import { profileFile, readProfiles, writeProfiles } from './profile-file.ts'

interface LoginOptions {
  server: string | undefined
  profile: string | undefined
  apiKeyStdin: boolean
  json: boolean
}

/** Checks an API key at its server, then keeps it as a profile, which becomes the current one. */
export async function logIn(options: LoginOptions, terminal: Terminal): Promise<void> {
  const kept = readProfiles(terminal.env)
  const profile = options.profile ?? terminal.env.SLUICE_PROFILE ?? 'default'
  const address = options.server ?? terminal.env.SLUICE_SERVER ?? kept.profiles[profile]?.server ?? DEFAULT_SERVER
  const server = serverAddress(address)
  const login: Login = { server, api_key: await obtainKey(options, server, terminal), profile }
  const key = await checkLogin(login, terminal)

  writeProfiles(terminal.env, {
    current: profile,
    profiles: { ...kept.profiles, [profile]: { server, api_key: login.api_key } },
  })
  const until = key?.expires_at ? `, until ${key.expires_at}` : ''
  terminal.note(`Logged in to ${server}${key === null ? '' : ` with the API key “${key.name}”`}${until}.`)
  terminal.note(terminal.paint('dim', `The login “${profile}” is kept in ${profileFile(terminal.env)}.`))
  if (options.json) {
    const { id = null, scopes = null, expires_at = null } = key ?? {}
    await terminal.print(printableJson({ profile, server, api_key_id: id, scopes, expires_at }))
  }
}

async function obtainKey({ apiKeyStdin }: LoginOptions, server: string, terminal: Terminal): Promise<string> {
  if (apiKeyStdin) return requireKey((await terminal.readInput()).trim())
  if (terminal.env.SLUICE_API_KEY) return terminal.env.SLUICE_API_KEY
  if (terminal.can_ask) {
    terminal.tell(`The first start of a server prints its admin key; \`sluice api-keys create\` makes others.`)
    const { signal } = terminal
    return requireKey(answered(await password({ message: `API key for ${server}`, output: process.stderr, signal })))
  }
  throw new CliError('login', 'There is no API key to log in with.', {
    next_action: 'Pipe it to --api-key-stdin, set SLUICE_API_KEY, or run the command on a terminal, where it asks.',
  })
}

function requireKey(key: string): string {
  if (/^[\x21-\x7e]+$/.test(key)) return key
  throw new CliError('login', 'What was given is not an API key.', { next_action: 'Copy it whole: sluice_…' })
}

/** What the server tells of the key; null where the key may not read that. @throws CliError `login` when it is refused */
async function checkLogin(login: Login, terminal: Terminal): Promise<components['schemas']['ApiKey'] | null> {
  const client = clientOf(login, terminal)
  const [, id = ''] = /^sluice_([0-9A-Za-z]{12})/.exec(login.api_key) ?? []
  return await dataOf(client.GET('/v1/api_keys/{id}', { params: { path: { id: id || 'none' } } })).catch((error) => {
    if (error instanceof ApiError && error.code === 'scope_missing') return null
    if (error instanceof ApiError && error.cause instanceof CliError && error.cause.exit === 'login') {
      throw new CliError('login', `${login.server} does not accept this API key. Nothing was stored.`, {
        next_action: 'Check that it was copied whole and was not revoked.',
        cause: error,
      })
    }
    throw error
  })
}
