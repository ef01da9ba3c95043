import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { bequeath, type Inherit } from '../bequest.ts'
import { type ControlGroups, endControlGroup, OWNER_GROUP, ownerGroup, removeEmptyGroup } from './control-group.ts'
import { killByDirectory } from './leftovers.ts'
import { findOrphanedDirectories } from './owner-directory.ts'

/** No owner takes so long from making its group to starting a program in it. */
const STARTING_MS = 60_000

/** Ends the programs of owners that were killed, and removes their private directories once what they left was offered. */
export async function sweepOrphans(
  root: string,
  groups: ControlGroups | null,
  inherit: Inherit | undefined,
): Promise<void> {
  for (const directory of await findOrphanedDirectories(root)) {
    if (groups) await endOwnerGroup(ownerGroup(groups, directory))
    await killByDirectory(directory)
    await bequeath(directory, inherit)
  }
  if (groups) await removeEmptyOwnerGroups(groups)
}

async function endOwnerGroup(path: string): Promise<void> {
  const runs = await readdir(path, { withFileTypes: true }).catch(() => [])
  for (const run of runs) if (run.isDirectory()) await endControlGroup(join(path, run.name))
  removeEmptyGroup(path)
}

/** Those whose owner ended its programs and directory, and then was killed itself. */
async function removeEmptyOwnerGroups(groups: ControlGroups): Promise<void> {
  const names = (await readdir(groups.path)).filter((name) => name.startsWith(OWNER_GROUP))
  for (const path of names.map((name) => join(groups.path, name))) {
    const events = await readFile(join(path, 'cgroup.events'), 'utf8').catch(() => '')
    const made = await stat(path).catch(() => null)
    const isNew = !made || Date.now() - made.ctimeMs < STARTING_MS
    if (!isNew && /^populated 0$/m.test(events)) await endOwnerGroup(path)
  }
}
