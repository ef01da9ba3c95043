import { type Finding, isTestCode, type Project, workspaceOf } from './project.ts'

/** Which workspaces each may import (docs/architecture.md). */
const DIRECTIONS: Record<string, string[]> = {
  oauth: [],
  // Between the server and the command, which both ask key services and may not import each other.
  kms: ['oauth'],
  'connector-specs': ['oauth'],
  launcher: ['connector-specs'],
  server: ['oauth', 'kms', 'connector-specs', 'launcher'],
  client: [],
  // `lab start` and `connector test` bring the lab to connector developers.
  cli: ['client', 'oauth', 'kms', 'connector-specs', 'launcher', 'lab'],
  web: ['client'],
  lab: [],
  bench: ['oauth', 'connector-specs', 'launcher', 'server', 'client', 'lab'],
}
/** What tests may import besides. */
const IN_TESTS = ['lab']

/** Workspaces import each other in the agreed directions only. */
export function importDirections(project: Pick<Project, 'workspaces' | 'sources'>): Finding[] {
  return project.sources.flatMap(({ path, imports }) => {
    const folder = workspaceOf(project, path)?.folder
    if (folder === undefined) return []
    const allowed = new Set([folder, ...(DIRECTIONS[folder] ?? []), ...(isTestCode(path) ? IN_TESTS : [])])
    return imports
      .map((specifier) => /^@sluice\/([\w-]+)/.exec(specifier)?.[1])
      .filter((target) => target !== undefined && !allowed.has(target))
      .map((target) => ({ file: path, message: `${folder} may not import ${target}` }))
  })
}
