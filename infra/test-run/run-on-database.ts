import { print } from '../terminal.ts'
import { createResultPrinter } from './print-results.ts'
import { runTestFiles, type TestRun, type TestRunResult } from './run-test-files.ts'
import { type TestDatabaseServer, useTestDatabase } from './test-databases.ts'

/** Runs the files on a Postgres server, which is stopped afterwards, whatever happens. */
export async function runOnDatabase(
  server: TestDatabaseServer,
  request: Omit<TestRun, 'onResult'>,
): Promise<TestRunResult> {
  useTestDatabase(server)
  try {
    print(`\n${request.files.length} test files on ${server.label}`)
    return await runTestFiles({ ...request, onResult: createResultPrinter() })
  } finally {
    await server.stop()
  }
}
