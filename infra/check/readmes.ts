import type { Finding, Project } from './project.ts'

const TITLE_AND_ONE_LINE = /^# \S.*\n\n[^\s#].*\n(\n|$)/

/** Every workspace says what it is in the first line below its README's title. */
export function readmes(project: Pick<Project, 'workspaces'>): Finding[] {
  return project.workspaces.flatMap(({ folder, readme }) => {
    const file = `${folder}/README.md`
    if (readme === null) return [{ file, message: 'is missing' }]
    if (TITLE_AND_ONE_LINE.test(readme)) return []
    return [{ file, message: 'does not begin with a title and one line that says what the workspace is' }]
  })
}
