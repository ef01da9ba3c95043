// Logins are kept in `profiles.json` in the directory for this user's settings (XDG Base Directory Specification),
// readable by the user alone.
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { CliError } from '../cli-error.ts'

export interface Profile {
  /** The server's origin. */
  server: string
  api_key: string
  /** `login` made the key for this machine, so that `logout` revokes it. */
  of_machine?: boolean
}

export interface Profiles {
  /** The one that is used where none is named. */
  current: string | null
  profiles: Record<string, Profile>
}

export function profileFile(env: NodeJS.ProcessEnv): string {
  const settings = env.XDG_CONFIG_HOME?.startsWith('/') ? env.XDG_CONFIG_HOME : join(env.HOME ?? homedir(), '.config')
  return join(settings, 'sluice', 'profiles.json')
}

/** @throws CliError `source` when others may read the file, or it is none of ours */
export function readProfiles(env: NodeJS.ProcessEnv): Profiles {
  const path = profileFile(env)
  const text = readIfThere(path)
  if (text === null) return { current: null, profiles: {} }
  if ((statSync(path).mode & 0o077) !== 0) {
    const next_action = `Run: chmod 600 ${path}\nWho may have read it knows the API keys: rotate them.`
    throw new CliError('source', `Others on this machine may read ${path}, which holds API keys.`, { next_action })
  }
  const parsed = parse(text)
  if (parsed === null) {
    throw new CliError('source', `${path} is not a file of profiles.`, { next_action: 'Remove it and log in again.' })
  }
  return parsed
}

/** Readers see the old file or the new one, never a part. */
export function writeProfiles(env: NodeJS.ProcessEnv, profiles: Profiles): void {
  const path = profileFile(env)
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const written = `${path}.${process.pid}`
  try {
    writeFileSync(written, `${JSON.stringify(profiles, null, 2)}\n`, { mode: 0o600, flag: 'wx' })
    chmodSync(written, 0o600)
    renameSync(written, path)
  } finally {
    rmSync(written, { force: true })
  }
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
    throw new CliError('source', `${path} cannot be read (${String(code)}).`, { cause: error })
  }
}

function parse(text: string): Profiles | null {
  try {
    const { current, profiles } = JSON.parse(text) as Partial<Profiles>
    const entries = Object.entries(profiles ?? {})
    const sound = entries.every(([, { server, api_key }]) => URL.canParse(server) && typeof api_key === 'string')
    return sound
      ? { current: typeof current === 'string' ? current : null, profiles: Object.fromEntries(entries) }
      : null
  } catch {
    return null
  }
}
