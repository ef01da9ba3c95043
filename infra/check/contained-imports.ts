import { dirname, join } from 'node:path'
import { type Finding, type Project, workspaceOf } from './project.ts'

/** What every program of the project loads first. */
const SHARED = new Set(['infra/runtime.mjs'])

/** A relative import stays in its workspace: others are reached by what they export. */
export function containedImports(project: Pick<Project, 'workspaces' | 'sources'>): Finding[] {
  return project.sources.flatMap(({ path, imports }) => {
    const workspace = workspaceOf(project, path)
    if (workspace === null) return []
    return imports
      .filter((specifier) => specifier.startsWith('.'))
      .filter((specifier) => {
        const target = join(dirname(path), specifier)
        return !target.startsWith(`${workspace.folder}/`) && !SHARED.has(target)
      })
      .map((specifier) => ({ file: path, message: `${specifier} leaves ${workspace.folder}` }))
  })
}
