// How a test run looks in a terminal.
import { inspect } from 'node:util'
import type { TestResult, TestRunResult } from './run-test-files.ts'

const MARKS = { passed: '✔', failed: '✖', skipped: '﹣' }
const COLORS = { passed: 32, failed: 31, skipped: 33 }

/** Prints each result below its file's name, which is printed when it changes. */
export function createResultPrinter(): (result: TestResult) => void {
  let current = ''
  return (result) => {
    if (result.file !== current) {
      current = result.file
      print(`\n${current}`)
    }
    const time = color(2, `${Math.round(result.duration_ms)} ms`)
    const reason = result.reason === null ? '' : color(2, ` # ${result.reason}`)
    print(`  ${color(COLORS[result.outcome], MARKS[result.outcome])} ${result.path.join(' › ')} ${time}${reason}`)
  }
}

/** Prints every failure in full, and what the failing files printed. */
export function printFailures({ results, output }: TestRunResult): void {
  const failures = results.filter(({ outcome }) => outcome === 'failed')
  for (const { file, line, path, error } of failures) {
    print(`\n${color(31, `✖ ${path.join(' › ')}`)}\n  ${file}:${line}`)
    print(indent(describeFailure(error)))
  }
  for (const file of new Set(failures.map((failure) => failure.file))) {
    const text = output.get(file)?.trimEnd()
    if (text) print(`\n${color(2, `What ${file} printed:`)}\n${indent(text)}`)
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

export function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** Node wraps what a test threw; the cause is what a person wants to read. */
function describeFailure(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
  return typeof cause === 'string' ? cause : inspect(cause, { depth: 5, colors: process.stdout.isTTY })
}

function indent(text: string): string {
  return text.replace(/^/gm, '    ')
}

function color(code: number, text: string): string {
  return process.stdout.isTTY && process.stdout.hasColors() ? `\u001b[${code}m${text}\u001b[0m` : text
}
