import type { SecurityLine } from '../security-checklist.ts'
import type { TestResult } from '../test-run/run-test-files.ts'

export type Verdict = 'holds' | 'fails' | 'does not apply' | 'open'

export interface JudgedLine extends SecurityLine {
  verdict: Verdict
  /** Why a line does not apply: its test's reason for being skipped. */
  reason: string | null
}

/**
 * What the tests say about each line. One failure fails it; tests that ran and passed make it hold; only skipped ones
 * say that it does not apply; a line without tests is open.
 */
export function judgeLines(
  lines: SecurityLine[],
  results: Pick<TestResult, 'path' | 'outcome' | 'reason'>[],
): JudgedLine[] {
  return lines.map((line) => {
    const own = results.filter(({ path }) => path.some((name) => securityNumbers(name).includes(line.number)))
    const has = (outcome: TestResult['outcome']) => own.some((result) => result.outcome === outcome)
    if (has('failed')) return { ...line, verdict: 'fails', reason: null }
    if (has('passed')) return { ...line, verdict: 'holds', reason: null }
    if (has('skipped')) return { ...line, verdict: 'does not apply', reason: own[0]?.reason ?? null }
    return { ...line, verdict: 'open', reason: null }
  })
}

/** The numbers that a test's name begins with: `S1 S2 a callback …` or `S1, S2 …`. */
export function securityNumbers(name: string): number[] {
  const prefix = /^(?:S\d+[,:]? )+/.exec(name)?.[0] ?? ''
  return [...prefix.matchAll(/S(\d+)/g)].map(([, number]) => Number(number))
}
