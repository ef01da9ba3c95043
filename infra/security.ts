// `npm run security`: which lines of the security checklist hold, by the tests that bear their numbers.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkout } from './checkout.ts'
import { chromiumPath } from './chromium.ts'
import { type JudgedLine, judgeLines, type Verdict } from './security/judge-lines.ts'
import { securityChecklist } from './security-checklist.ts'
import { findFiles } from './sources/find-files.ts'
import { print, type Style, styled } from './terminal.ts'
import { onInterrupt } from './test-run/on-interrupt.ts'
import { printFailures } from './test-run/print-results.ts'
import { runTestFiles } from './test-run/run-test-files.ts'
import { startEmbeddedTestDatabase, useTestDatabase } from './test-run/test-databases.ts'
import { isolateEnvironment } from './test-run/test-environment.ts'
import { testNeeds } from './test-run/test-needs.ts'

const STYLES: Record<Verdict, Style> = { holds: 'green', fails: 'red', 'does not apply': 'dim', open: 'yellow' }

const signal = onInterrupt()
isolateEnvironment(process.env)

// Numbers written out, or put in by a template.
const files = findFiles(checkout, /\.test\.ts$/).filter((file) =>
  /['"`]S(\d+[ ,:]|\$\{)/.test(readFileSync(join(checkout, file), 'utf8')),
)
if (files.some((file) => testNeeds(checkout, file).browser)) process.env.SLUICE_CHROMIUM = await chromiumPath()

const database = await startEmbeddedTestDatabase()
useTestDatabase(database)
const run = await runTestFiles({ files, name_pattern: /S\d+/, signal, onResult: () => {} }).finally(database.stop)

printFailures(run)
const lines = judgeLines(securityChecklist, run.results)
for (const line of lines) print(describe(line))

const count = (verdict: Verdict) => lines.filter((line) => line.verdict === verdict).length
const crashed = run.results.some(({ outcome, path, file }) => outcome === 'failed' && path[0] === file)
print(
  `\n${count('holds')} hold, ${count('fails')} fail, ${count('does not apply')} do not apply, ${count('open')} are open`,
)
if (crashed) print('A test file failed as a whole; its lines are not judged.')
process.exitCode = signal.aborted ? 130 : count('fails') > 0 || crashed ? 1 : 0

function describe({ number, title, verdict, reason }: JudgedLine): string {
  const stated = styled(STYLES[verdict], `S${number} ${verdict}`)
  return reason === null ? `${stated}  ${styled('dim', title)}` : `${stated}: ${reason}`
}
