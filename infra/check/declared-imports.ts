import { packageName } from '../sources/read-imports.ts'
import { type Finding, isTestCode, type Manifest, type Project, workspaceOf } from './project.ts'

/** Workspaces whose code runs after a build only, so that all they need is needed for building. */
const BUILT = new Set(['web'])
/** Names that the build replaces by a declared package (web/vite.config.ts). */
const REPLACED: Record<string, string[]> = { web: ['react-dom'] }

/**
 * Every package that a workspace imports stands in its own package.json: npm hoists, so a forgotten one resolves here
 * and breaks elsewhere. `devDependencies` count for tests; the project's own count for all tests and for `infra/`.
 */
export function declaredImports(project: Pick<Project, 'root' | 'workspaces' | 'sources'>): Finding[] {
  const projectWide = Object.keys(project.root.devDependencies)
  const workspaceNames = project.workspaces.map(({ manifest }) => manifest.name)

  return project.sources.flatMap(({ path, imports }) => {
    const workspace = workspaceOf(project, path)
    const declared =
      workspace === null
        ? new Set([...projectWide, ...workspaceNames])
        : new Set([
            workspace.manifest.name,
            ...(REPLACED[workspace.folder] ?? []),
            ...runtimeDependencies(workspace.manifest),
            ...(isTestCode(path) ? [...Object.keys(workspace.manifest.devDependencies), ...projectWide] : []),
            ...(BUILT.has(workspace.folder) ? Object.keys(workspace.manifest.devDependencies) : []),
          ])
    const where = workspace === null ? 'package.json' : `${workspace.folder}/package.json`
    return [...new Set(imports.map(packageName))]
      .filter((name) => name !== null && !declared.has(name))
      .map((name) => ({ file: path, message: `${name} is not declared in ${where}` }))
  })
}

function runtimeDependencies(manifest: Manifest): string[] {
  return [...Object.keys(manifest.dependencies), ...Object.keys(manifest.optionalDependencies)]
}
