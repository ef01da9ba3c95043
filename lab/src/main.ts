// The lab as a program: `npm run lab`, or a child that another process forked and talks to over IPC.
import { LabError } from './lab-error.ts'
import { runChild } from './run-child.ts'
import { runProgram } from './run-program.ts'

if (process.send !== undefined) {
  runChild()
} else {
  runProgram(process.argv.slice(2)).catch((error: Error) => {
    process.stderr.write(`lab: ${error instanceof LabError ? error.message : error.stack}\n`)
    process.exitCode = 1
  })
}
