import { hash, randomBytes } from 'node:crypto'
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

/** A fresh `state` (RFC 6749 §10.12): 256 random bits, base64url, safe in any template. */
export function createState(): string {
  return random256()
}

function random256(): string {
  return randomBytes(32).toString('base64url')
}
