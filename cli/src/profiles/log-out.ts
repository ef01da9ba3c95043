import { ApiError, dataOf } from '@sluice/client'
import { CliError } from '../cli-error.ts'
import type { ReportOptions } from '../output/output-options.ts'
import { report } from '../output/report.ts'
import { clientOf } from '../server/open-server.ts'
import type { Terminal } from '../terminal.ts'
import { unknownProfile } from './choose-login.ts'
import { type Profile, readProfiles, writeProfiles } from './profile-file.ts'

interface LogoutOptions extends ReportOptions {
  profile: string | undefined
  all: boolean
}

/**
 * Forgets logins on this machine, and revokes the keys that were made for it. Keys that were brought here go on working.
 *
 * @throws CliError `server` when a key could not be revoked; it is forgotten here all the same
 */
export async function logOut(options: LogoutOptions, terminal: Terminal): Promise<void> {
  const { current, profiles } = readProfiles(terminal.env)
  const name = options.profile ?? terminal.env.SLUICE_PROFILE ?? current ?? 'default'
  const names = options.all ? Object.keys(profiles) : [name]
  if (!options.all && profiles[name] === undefined) throw unknownProfile(name, Object.keys(profiles))
  const left = Object.fromEntries(Object.entries(profiles).filter(([known]) => !names.includes(known)))
  writeProfiles(terminal.env, {
    current: current !== null && left[current] !== undefined ? current : null,
    profiles: left,
  })
  const failures: CliError[] = []
  for (const known of names) {
    const profile = profiles[known]
    if (profile === undefined) continue
    try {
      const revoked = profile.of_machine === true && (await endMachineKey(profile, terminal))
      const key = profile.of_machine
        ? revoked
          ? 'Its key is revoked.'
          : 'Its key was over already.'
        : 'Its API key still works elsewhere: `sluice api-keys revoke` ends it.'
      const sentence = `The login “${known}” at ${profile.server} is forgotten on this machine. ${key}`
      await report({ profile: known, server: profile.server, revoked }, sentence, options, terminal)
    } catch (cause) {
      failures.push(notRevoked(known, profile, cause))
    }
  }
  if (failures[0]) throw failures[0]
}

/** False when the key was over already. */
export async function endMachineKey({ server, api_key }: Profile, terminal: Terminal): Promise<boolean> {
  const client = clientOf({ server, api_key, profile: null }, terminal)
  try {
    await dataOf(client.DELETE('/console/login'))
    return true
  } catch (error) {
    if (error instanceof ApiError && error.cause instanceof CliError && error.cause.exit === 'login') return false
    throw error
  }
}

function notRevoked(name: string, { server, api_key }: Profile, cause: unknown): CliError {
  const message = `The login “${name}” is forgotten on this machine, but ${server} could not revoke its key.`
  const next_action = `It ends by itself in time; to end it now: sluice api-keys revoke ${api_key.slice(7, 19)} --server ${server}`
  return new CliError('server', message, { next_action, cause })
}
