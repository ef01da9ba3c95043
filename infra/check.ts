// `npm run check`: everything that can be said about the project without running it.
import { containedImports } from './check/contained-imports.ts'
import { declaredImports } from './check/declared-imports.ts'
import { fileNames } from './check/file-names.ts'
import { importDirections } from './check/import-directions.ts'
import { lockfileAddresses } from './check/lockfile.ts'
import { type Finding, type Project, readProject } from './check/project.ts'
import { readmes } from './check/readmes.ts'
import { runCommand } from './check/run-command.ts'
import { checkout } from './checkout.ts'
import { indent, print, styled } from './terminal.ts'

const RULES: Record<string, (project: Project) => Finding[]> = {
  'import directions': importDirections,
  'declared imports': declaredImports,
  'imports stay in their workspace': containedImports,
  'file names': fileNames,
  'lock file without addresses': lockfileAddresses,
  'workspace READMEs': readmes,
}
const COMMANDS: Record<string, string[]> = {
  'format and lint': ['biome', 'check', '--error-on-warnings', '.'],
  'types of the web pages': ['tsc', '-p', 'web'],
  types: ['tsc', '-p', '.'],
  'API document and client types': ['node', '--import', './infra/runtime.mjs', 'infra/openapi.ts', '--check'],
}

const failures: { name: string; report: string }[] = []

/** Prints a line when the check is done; what it found is printed after all of them. */
async function check(name: string, work: () => string | null | Promise<string | null>): Promise<void> {
  const start = performance.now()
  const report = await work()
  const seconds = styled('dim', `${((performance.now() - start) / 1000).toFixed(2)} s`)
  print(`${report === null ? styled('green', '✔') : styled('red', '✖')} ${name} ${seconds}`)
  if (report !== null) failures.push({ name, report })
}

function describe(findings: Finding[]): string | null {
  return findings.length === 0 ? null : findings.map(({ file, message }) => `${file}: ${message}`).join('\n')
}

const project = readProject(checkout)
for (const [name, rule] of Object.entries(RULES)) await check(name, () => describe(rule(project)))
await Promise.all(Object.entries(COMMANDS).map(([name, command]) => check(name, () => runCommand(checkout, command))))

for (const { name, report } of failures) print(`\n${styled('red', `✖ ${name}`)}\n${indent(report)}`)
print(failures.length === 0 ? '\nAll checks hold.' : `\n${failures.length} checks fail.`)
process.exitCode = failures.length === 0 ? 0 : 1
