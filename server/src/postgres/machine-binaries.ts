// A Postgres that the machine has: Debian and Ubuntu keep one directory a major version; elsewhere `pg_config` knows.
import { execFile } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const DEBIAN_VERSIONS = '/usr/lib/postgresql'

/** `bin` directories that hold a server, newest first. */
export async function machineBinDirectories(): Promise<string[]> {
  const found = [...debianBinDirectories(), ...(await pgConfigBinDirectory())]
  return [...new Set(found)].filter((bin) => existsSync(join(bin, 'postgres')) && existsSync(join(bin, 'initdb')))
}

function debianBinDirectories(): string[] {
  if (!existsSync(DEBIAN_VERSIONS)) return []
  return readdirSync(DEBIAN_VERSIONS)
    .filter((name) => /^\d+$/.test(name))
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(DEBIAN_VERSIONS, version, 'bin'))
}

async function pgConfigBinDirectory(): Promise<string[]> {
  try {
    const { stdout } = await promisify(execFile)('pg_config', ['--bindir'])
    return [stdout.trim()]
  } catch {
    return []
  }
}
