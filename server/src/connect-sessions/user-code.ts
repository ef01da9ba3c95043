// Codes that a person types on another device (RFC 8628 §6.1).
import { randomInt } from 'node:crypto'

export const POLL_INTERVAL_SECONDS = 5
export const USER_CODE_SECONDS = 15 * 60

/** Consonants that are hard to mistake for one another and that form no words. */
const LETTERS = 'BCDFGHJKLMNPQRSTVWXZ'
const LENGTH = 8

/** Some 34 bits: enough because codes are short-lived, spent at once, and wrong ones are counted. */
export function createUserCode(): string {
  return Array.from({ length: LENGTH }, () => LETTERS[randomInt(LETTERS.length)]).join('')
}

/** As people read it out: `WDJB-MJHT`. */
export function showUserCode(code: string): string {
  return `${code.slice(0, 4)}-${code.slice(4)}`
}

/** What a person typed, whatever the case and the characters between; null when it cannot be a code. */
export function readUserCode(typed: string): string | null {
  if (typed.length > 40) return null
  const code = typed.toUpperCase().replace(/[^A-Z0-9]/g, '')
  return code.length === LENGTH && [...code].every((letter) => LETTERS.includes(letter)) ? code : null
}
