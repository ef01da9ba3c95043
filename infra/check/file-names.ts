import type { Finding, Project } from './project.ts'

const OURS = /\.(ts|tsx|mjs|css|html|sh|sql|yaml|yml|json)$/
const KEBAB_CASE = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*$/

/** Files and their folders are named in kebab-case. */
export function fileNames(project: Pick<Project, 'files'>): Finding[] {
  return project.files
    .filter((path) => OURS.test(path))
    .filter((path) => path.split('/').some((part) => !KEBAB_CASE.test(part)))
    .map((path) => ({ file: path, message: 'is not named in kebab-case' }))
}
