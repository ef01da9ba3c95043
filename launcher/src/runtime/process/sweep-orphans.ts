import { readdir, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { removePrivateDirectory } from '../private-directory.ts'
import { type ControlGroups, endControlGroup, ownerGroup } from './control-group.ts'
import { killByDirectory } from './leftovers.ts'
import { findOrphanedDirectories } from './owner-directory.ts'

/** Ends the programs of owners that were killed, and removes their private directories. */
export async function sweepOrphans(root: string, groups: ControlGroups | null): Promise<void> {
  for (const directory of await findOrphanedDirectories(root)) {
    if (groups) await endOwnerGroup(ownerGroup(groups, directory))
    await killByDirectory(directory)
    await removePrivateDirectory(directory)
  }
}

/** Ends the groups of an owner's runs, and its own. */
export async function endOwnerGroup(path: string): Promise<void> {
  const runs = await readdir(path, { withFileTypes: true }).catch(() => [])
  for (const run of runs) if (run.isDirectory()) await endControlGroup(join(path, run.name))
  await rmdir(path).catch(() => {})
}
