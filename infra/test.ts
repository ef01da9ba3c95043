// `npm test`: every test on the embedded Postgres; those that use a database once more on a server Postgres where the
// machine has one. Arguments keep the files whose path contains one of them: `npm test -- server/src/connect`.
import { checkout } from './checkout.ts'
import { chromiumPath } from './chromium.ts'
import { findFiles } from './sources/find-files.ts'
import { print } from './terminal.ts'
import { onInterrupt } from './test-run/on-interrupt.ts'
import { countLine, countResults, printFailures } from './test-run/print-results.ts'
import { runOnDatabase } from './test-run/run-on-database.ts'
import type { TestRunResult } from './test-run/run-test-files.ts'
import {
  startEmbeddedTestDatabase,
  startServerTestDatabase,
  type TestDatabaseServer,
} from './test-run/test-databases.ts'
import { isolateEnvironment } from './test-run/test-environment.ts'
import { testNeeds } from './test-run/test-needs.ts'

const wanted = process.argv.slice(2)
const { DATABASE_URL } = process.env
const signal = onInterrupt()
isolateEnvironment(process.env)

const tests = findFiles(checkout, /\.test\.ts$/)
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .map((file) => ({ file, needs: testNeeds(checkout, file) }))

if (tests.some(({ needs }) => needs.browser)) process.env.SLUICE_CHROMIUM = await chromiumPath()

const runs: { label: string; run: TestRunResult }[] = []
async function runAll(server: TestDatabaseServer, files: string[]) {
  runs.push({ label: server.label, run: await runOnDatabase(server, { files, signal }) })
}

await runAll(
  await startEmbeddedTestDatabase(),
  tests.map(({ file }) => file),
)
const onDatabase = tests.filter(({ needs }) => needs.database).map(({ file }) => file)
if (onDatabase.length > 0 && !signal.aborted) {
  const server = await startServerTestDatabase(DATABASE_URL)
  if (server === null)
    print('\nNo server Postgres 15 or later is on this machine: tests ran on the embedded one alone.')
  else await runAll(server, onDatabase)
}

for (const { run } of runs) printFailures(run)
print('')
for (const { label, run } of runs) print(`${label}: ${countLine(countResults(run.results))}`)
const counts = countResults(runs.flatMap(({ run }) => run.results))
if (signal.aborted) print('Interrupted: not every test ran.')
if (counts.passed + counts.failed === 0) print(`No test ran${wanted.length === 0 ? '' : ` for ${wanted.join(' ')}`}.`)
print(countLine(counts))
process.exitCode = signal.aborted ? 130 : counts.failed > 0 || counts.passed === 0 ? 1 : 0
