import { hash } from 'node:crypto'
import { randomOctets } from '@sluice/oauth'

/** 256 random bits in base64url, for links, cookies and keys. */
export function randomToken(): string {
  return randomOctets(32).toString('base64url')
}

/** What is stored of a random token. It has full entropy, so one SHA-256 is enough, and looking it up leaks no prefix. */
export function digest(token: string): Buffer {
  return hash('sha256', token, 'buffer')
}
