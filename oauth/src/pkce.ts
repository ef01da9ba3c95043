import { hash } from 'node:crypto'
import type { StateLength } from './plan.ts'
import { randomOctets } from './random.ts'
import { type Secret, secret } from './secret.ts'

export interface Pkce {
  /** 43 characters, 256 random bits (RFC 7636 §4.1). */
  code_verifier: Secret
  code_challenge: string
  code_challenge_method: 'S256'
}

/** A fresh code verifier and its S256 challenge (RFC 7636 §4.2); `plain` is not offered. */
export function createPkce(): Pkce {
  const code_verifier = random256()
  return {
    code_verifier: secret(code_verifier),
    code_challenge: hash('sha256', code_verifier, 'base64url'),
    code_challenge_method: 'S256',
  }
}

/**
 * A fresh `state` (RFC 6749 §10.12): 256 random bits, base64url, safe in any template. `length` is for providers that
 * bound it (`plan.state?.length`); within the bounds it is as long as 43 characters or, if they ask for more, `min`.
 */
export function createState(length?: StateLength): string {
  if (length === undefined) return random256()
  const characters = Math.min(length.max, Math.max(length.min, 43))
  return randomOctets(characters).toString('base64url').slice(0, characters)
}

function random256(): string {
  return randomOctets(32).toString('base64url')
}
