// The project as the checks see it: workspaces, manifests, and what each source file imports.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { findFiles } from '../sources/find-files.ts'
import { readImports } from '../sources/read-imports.ts'

const dependencies = z.record(z.string(), z.string()).default({})
const manifestSchema = z.object({
  name: z.string(),
  workspaces: z.array(z.string()).default([]),
  dependencies,
  devDependencies: dependencies,
  optionalDependencies: dependencies,
})

export type Manifest = z.infer<typeof manifestSchema>

export interface Workspace {
  /** The folder, which is also the name after `@sluice/`. */
  folder: string
  manifest: Manifest
  /** Null when there is none. */
  readme: string | null
}

export interface SourceFile {
  /** Relative to the checkout. */
  path: string
  imports: string[]
}

export interface Project {
  root: Manifest
  workspaces: Workspace[]
  sources: SourceFile[]
  /** All files that the project itself wrote. */
  files: string[]
  /** Text of package-lock.json. */
  lockfile: string
}

/** What breaks a rule. */
export interface Finding {
  /** Relative to the checkout. */
  file: string
  message: string
}

export function readProject(checkout: string): Project {
  const read = (path: string) => readFileSync(join(checkout, path), 'utf8')
  const readManifest = (folder: string) => manifestSchema.parse(JSON.parse(read(join(folder, 'package.json'))))
  const root = readManifest('.')
  const files = findFiles(checkout, /./)
  return {
    root,
    workspaces: root.workspaces.map((folder) => {
      const readme = join(folder, 'README.md')
      return {
        folder,
        manifest: readManifest(folder),
        readme: existsSync(join(checkout, readme)) ? read(readme) : null,
      }
    }),
    sources: files
      .filter((path) => /\.(ts|tsx|mjs)$/.test(path))
      .map((path) => ({ path, imports: readImports(read(path)) })),
    files,
    lockfile: read('package-lock.json'),
  }
}

/** The workspace that a file lies in; null for those of the project itself (`infra/`). */
export function workspaceOf(project: Pick<Project, 'workspaces'>, path: string): Workspace | null {
  return project.workspaces.find(({ folder }) => path.startsWith(`${folder}/`)) ?? null
}

/** Tests, and what lies in a `testing` folder for them. */
export function isTestCode(path: string): boolean {
  return /\.test\.tsx?$|(^|\/)testing\//.test(path)
}
