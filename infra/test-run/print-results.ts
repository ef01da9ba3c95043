// How a test run looks in a terminal.
import { inspect } from 'node:util'
import { indent, print, type Style, styled } from '../terminal.ts'
import type { TestResult, TestRunResult } from './run-test-files.ts'

const MARKS = { passed: '✔', failed: '✖', skipped: '﹣' }
const STYLES: Record<TestResult['outcome'], Style> = { passed: 'green', failed: 'red', skipped: 'yellow' }

/** Prints each result below its file's name, which is printed when it changes. */
export function createResultPrinter(): (result: TestResult) => void {
  let current = ''
  return (result) => {
    if (result.file !== current) {
      current = result.file
      print(`\n${current}`)
    }
    const time = styled('dim', `${Math.round(result.duration_ms)} ms`)
    const reason = result.reason === null ? '' : styled('dim', ` # ${result.reason}`)
    print(`  ${styled(STYLES[result.outcome], MARKS[result.outcome])} ${result.path.join(' › ')} ${time}${reason}`)
  }
}

/** Prints every failure in full, and what the failing files printed. */
export function printFailures({ results, output }: TestRunResult): void {
  const failures = results.filter(({ outcome }) => outcome === 'failed')
  for (const { file, line, path, error } of failures) {
    print(`\n${styled('red', `✖ ${path.join(' › ')}`)}\n  ${file}:${line}`)
    print(indent(describeFailure(error)))
  }
  for (const file of new Set(failures.map((failure) => failure.file))) {
    const text = output.get(file)?.trimEnd()
    if (text) print(`\n${styled('dim', `What ${file} printed:`)}\n${indent(text)}`)
  }
}

export interface Counts {
  passed: number
  failed: number
  skipped: number
}

export function countResults(results: TestResult[]): Counts {
  const count = (outcome: TestResult['outcome']) => results.filter((result) => result.outcome === outcome).length
  return { passed: count('passed'), failed: count('failed'), skipped: count('skipped') }
}

/** `12 passed, 0 failed, 1 skipped` */
export function countLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`
}

/** Node wraps what a test threw; the cause is what a person wants to read. */
function describeFailure(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
  return typeof cause === 'string' ? cause : inspect(cause, { depth: 5, colors: process.stdout.isTTY })
}
