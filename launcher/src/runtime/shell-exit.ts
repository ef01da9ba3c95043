import { constants } from 'node:os'
import type { Exit } from './runtime.ts'

/** Reads an exit code as shells and engines tell it: 128 and the number of the signal that ended a program. */
export function readShellExit(code: number): Exit {
  const names = Object.entries(constants.signals) as [NodeJS.Signals, number][]
  const signal = code > 128 ? names.find(([, number]) => number === code - 128)?.[0] : undefined
  return signal ? { code: null, signal } : { code, signal: null }
}
