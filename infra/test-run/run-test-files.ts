// Node's own test runner, one process a file; its events are turned into results.
import { run } from 'node:test'
import { checkout } from '../checkout.ts'

export interface TestResult {
  /** Relative to the checkout. */
  file: string
  line: number
  /** The name, after those of the tests around it. */
  path: string[]
  outcome: 'passed' | 'failed' | 'skipped'
  /** Why it is skipped. */
  reason: string | null
  duration_ms: number
  error: unknown
}

export interface TestRun {
  /** Relative to the checkout. */
  files: string[]
  name_pattern?: RegExp
  signal: AbortSignal
  onResult: (result: TestResult) => void
}

export interface TestRunResult {
  results: TestResult[]
  /** What each file printed, by file. */
  output: Map<string, string>
}

const CONCURRENCY = 2
const PRELOADED = ['runtime.mjs', 'test-run/exit-on-signal.mjs']
const TEST_TIMEOUT_MS = 180_000

/** Runs the files. A file that crashes, or holds no test, is a failed result that bears the file's name. */
export async function runTestFiles({ files, name_pattern, signal, onResult }: TestRun): Promise<TestRunResult> {
  const results: TestResult[] = []
  const output = new Map<string, string>()
  if (files.length === 0) return { results, output }

  const stream = run({
    files: files.map((file) => `${checkout}/${file}`),
    cwd: checkout,
    concurrency: CONCURRENCY,
    timeout: TEST_TIMEOUT_MS,
    signal,
    execArgv: PRELOADED.flatMap((file) => ['--import', `${checkout}/infra/${file}`]),
    ...(name_pattern === undefined ? {} : { testNamePatterns: name_pattern }),
  })

  const ancestors: string[] = []
  for await (const event of stream) {
    if (event.type === 'test:stdout' || event.type === 'test:stderr') {
      const file = relativePath(event.data.file)
      output.set(file, (output.get(file) ?? '') + event.data.message)
    } else if (event.type === 'test:start') {
      ancestors.length = event.data.nesting
      ancestors.push(event.data.name)
    } else if (event.type === 'test:pass' || event.type === 'test:fail') {
      const result = readResult(event, ancestors.slice(0, event.data.nesting), name_pattern !== undefined)
      if (result === null) continue
      results.push(result)
      onResult(result)
    }
  }
  return { results, output }
}

type TestEvent = Extract<
  ReturnType<typeof run> extends AsyncIterable<infer E> ? E : never,
  { type: 'test:pass' | 'test:fail' }
>

function readResult({ type, data }: TestEvent, ancestors: string[], selective: boolean): TestResult | null {
  const { name, details, skip, todo } = data
  const file = relativePath(data.file ?? name)
  const error = type === 'test:fail' ? data.details.error : null
  const result = { file, line: data.line ?? 1, duration_ms: details.duration_ms, error }

  if (isWholeFile(data)) {
    const path = [file]
    if (type === 'test:fail') return { ...result, path, outcome: 'failed', reason: null }
    if (selective) return null
    return { ...result, path, outcome: 'failed', reason: null, error: new Error('This file holds no test.') }
  }
  // A suite is no test, and a test around a failed one says nothing new.
  if (details.type === 'suite' && !isOwnFailure(error)) return null
  if (type === 'test:fail' && !isOwnFailure(error)) return null

  const path = [...ancestors, name]
  const excuse = skip ?? todo
  if (excuse !== undefined && excuse !== false) {
    const reason = typeof excuse === 'string' ? excuse : todo === undefined ? 'skipped' : 'to do'
    return { ...result, path, outcome: 'skipped', reason, error: null }
  }
  return { ...result, path, outcome: type === 'test:fail' ? 'failed' : 'passed', reason: null }
}

/** Node reports a file as a test when its process or a hook around all its tests failed, or when it held no test. */
function isWholeFile(data: TestEvent['data']): boolean {
  return data.nesting === 0 && data.name === data.file
}

function isOwnFailure(error: unknown): boolean {
  return error !== null && (error as { failureType?: string }).failureType !== 'subtestsFailed'
}

function relativePath(path: string): string {
  return path.startsWith(`${checkout}/`) ? path.slice(checkout.length + 1) : path
}
