import type { Terminal } from '../terminal.ts'
import { unknownProfile } from './choose-login.ts'
import { readProfiles, writeProfiles } from './profile-file.ts'

/** Forgets a login on this machine. The API key goes on working at the server. */
export async function logOut(options: { profile: string | undefined; all: boolean }, terminal: Terminal) {
  const { current, profiles } = readProfiles(terminal.env)
  const name = options.profile ?? terminal.env.SLUICE_PROFILE ?? current
  if (options.all) {
    writeProfiles(terminal.env, { current: null, profiles: {} })
    terminal.tell('All logins on this machine are forgotten.')
    return
  }
  const forgotten = name === null ? undefined : profiles[name]
  if (name === null || forgotten === undefined) throw unknownProfile(name ?? 'default', Object.keys(profiles))
  const { [name]: _, ...left } = profiles
  writeProfiles(terminal.env, { current: current === name ? null : current, profiles: left })
  terminal.tell(`The login “${name}” at ${forgotten.server} is forgotten on this machine.`)
  terminal.tell('Its API key still works elsewhere: `sluice api-keys revoke` ends it.')
}
