// Which server, and which key for it. A profile's key goes to that profile's server alone.
import { CliError } from '../cli-error.ts'
import { DEFAULT_SERVER } from '../server/server-options.ts'
import { type Profile, readProfiles } from './profile-file.ts'

export interface ServerChoice {
  server: string | undefined
  profile?: string | undefined
}

export interface Login {
  /** The server's origin. */
  server: string
  api_key: string
  /** Null: the key is the environment's. */
  profile: string | null
}

/**
 * A profile that is named by option is used as it is. Else the key of SLUICE_API_KEY is taken, else that of the profile
 * of SLUICE_PROFILE, or the current one, if it is for the same server, else that of any profile for the server.
 *
 * @throws CliError `login` where there is no key, `usage` for an address that cannot be used
 */
export function chooseLogin(choice: ServerChoice, env: NodeJS.ProcessEnv): Login {
  const { current, profiles } = readProfiles(env)
  const name = choice.profile ?? env.SLUICE_PROFILE ?? current
  const profile = name === null ? undefined : profiles[name]
  if (profile === undefined && name !== null && name !== current) throw unknownProfile(name, Object.keys(profiles))

  const address = choice.server ?? (choice.profile === undefined ? env.SLUICE_SERVER : undefined) ?? profile?.server
  const server = serverAddress(address ?? DEFAULT_SERVER)
  if (env.SLUICE_API_KEY && choice.profile === undefined) {
    return { server, api_key: env.SLUICE_API_KEY, profile: null }
  }
  if (name !== null && profile?.server === server) return { server, api_key: profile.api_key, profile: name }
  if (choice.profile !== undefined) {
    const message = `The profile “${choice.profile}” is for ${profile?.server}, not for ${server}.`
    throw new CliError('usage', message, { next_action: 'Leave out --server, or --profile.' })
  }
  const other = Object.entries(profiles).find(([, known]: [string, Profile]) => known.server === server)
  if (other !== undefined) return { server, api_key: other[1].api_key, profile: other[0] }
  throw new CliError('login', `There is no API key for ${server}.`, {
    next_action: `Run: sluice login --server ${server}\nor set SLUICE_API_KEY; the first start of the server prints an admin key.`,
  })
}

/** The address's origin. @throws CliError `usage` when a key would travel there in the clear */
export function serverAddress(text: string): string {
  const address = URL.parse(text)
  if (address === null || !/^https?:$/.test(address.protocol)) {
    throw new CliError('usage', 'The address of the server is not an http or https URL.')
  }
  if (address.protocol === 'http:' && !['localhost', '127.0.0.1', '[::1]'].includes(address.hostname)) {
    const message = `The API key would travel to ${address.host} in the clear.`
    throw new CliError('usage', message, { next_action: 'Use https; http is for localhost alone.' })
  }
  return address.origin
}

export function unknownProfile(name: string, known: string[]): CliError {
  const next_action = known.length === 0 ? 'Run: sluice login' : `Logins are: ${known.sort().join(', ')}.`
  return new CliError('login', `There is no login “${name}”.`, { next_action })
}
