import { password } from '@clack/prompts'
import { ApiError, type components, dataOf } from '@sluice/client'
import { answered } from '../ask.ts'
import { CliError } from '../cli-error.ts'
import { printableJson } from '../printable.ts'
import { clientOf } from '../server/open-server.ts'
import { DEFAULT_SERVER } from '../server/server-options.ts'
import type { Terminal } from '../terminal.ts'
import { type Login, serverAddress } from './choose-login.ts'
import { endMachineKey } from './log-out.ts'
import { keyByBrowser, keyByDevice } from './machine-key.ts'
import { type Profile, profileFile, readProfiles, writeProfiles } from './profile-file.ts'

interface LoginOptions {
  server: string | undefined
  profile: string | undefined
  apiKeyStdin: boolean
  device: boolean
  open: boolean
  scope: string[]
  /** Milliseconds. */
  expiresIn: number
  /** Milliseconds. */
  timeout: number
  json: boolean
}

/** What the server tells of a key; null where the key may not read that. */
type KeyRecord = Pick<components['schemas']['ApiKey'], 'id' | 'name' | 'scopes' | 'expires_at'> | null

/** Obtains an API key for a server, and keeps it as a profile, which becomes the current one. */
export async function logIn(options: LoginOptions, terminal: Terminal): Promise<void> {
  const kept = readProfiles(terminal.env)
  const name = options.profile ?? terminal.env.SLUICE_PROFILE ?? 'default'
  const before = kept.profiles[name]
  const server = serverAddress(options.server ?? terminal.env.SLUICE_SERVER ?? before?.server ?? DEFAULT_SERVER)
  const given = await givenKey(options, terminal)
  const { api_key, record } =
    given === null
      ? await machineKey({ ...options, server }, terminal)
      : { api_key: given, record: await checkLogin({ server, api_key: given, profile: name }, terminal) }

  const profile: Profile = { server, api_key, ...(given === null && { of_machine: true }) }
  writeProfiles(terminal.env, { current: name, profiles: { ...kept.profiles, [name]: profile } })
  // The one before would stay behind, and nobody has it any more.
  if (before?.of_machine) await endMachineKey(before, terminal).catch(() => {})
  await tellLogin({ profile: name, server, record }, options, terminal)
}

/** The key that options or environment give; null where a person is to approve a new one. */
async function givenKey({ apiKeyStdin, device, open }: LoginOptions, terminal: Terminal): Promise<string | null> {
  const { can_ask, env, signal } = terminal
  if (apiKeyStdin && can_ask) {
    return requireKey(answered(await password({ message: 'API key', output: process.stderr, signal })))
  }
  if (apiKeyStdin) return requireKey((await terminal.readInput()).trim())
  // Whoever says how the person is reached wants a key of this machine's own.
  if (device || !open) return null
  if (env.SLUICE_API_KEY) return env.SLUICE_API_KEY
  if (can_ask) return null
  throw new CliError('login', 'There is no API key to log in with, and nobody at a terminal to approve a login.', {
    next_action: 'Pipe a key to --api-key-stdin, set SLUICE_API_KEY, or add --device to show a code.',
  })
}

function requireKey(key: string): string {
  if (/^[\x21-\x7e]+$/.test(key)) return key
  throw new CliError('login', 'What was given is not an API key.', { next_action: 'Copy it whole: sluice_…' })
}

async function machineKey(options: LoginOptions & { server: string }, terminal: Terminal) {
  const issued = await (options.device ? keyByDevice : keyByBrowser)(options, terminal)
  return { api_key: issued.key, record: issued }
}

/** @throws CliError `login` when the key is refused */
async function checkLogin(login: Login, terminal: Terminal): Promise<KeyRecord> {
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

async function tellLogin(
  { profile, server, record }: { profile: string; server: string; record: KeyRecord },
  { json }: LoginOptions,
  terminal: Terminal,
): Promise<void> {
  const until = record?.expires_at ? `, until ${record.expires_at}` : ''
  terminal.note(`Logged in to ${server}${record === null ? '' : ` with the API key “${record.name}”`}${until}.`)
  terminal.note(terminal.paint('dim', `The login “${profile}” is kept in ${profileFile(terminal.env)}.`))
  if (!json) return
  const { id = null, scopes = null, expires_at = null } = record ?? {}
  await terminal.print(printableJson({ profile, server, api_key_id: id, scopes, expires_at }))
}
