import { generateKeyPairSync, randomBytes } from 'node:crypto'
import type { JWK } from 'oidc-provider'
import type { ProviderState } from './provider-state.ts'

export interface LabKeys {
  jwks: { keys: JWK[] }
  cookie_keys: string[]
}

const KEY = 'lab-keys'

/** The key that signs ID tokens and the key that signs cookies; made once and kept with the state. */
export function loadKeys(state: ProviderState): LabKeys {
  const kept = state.get(KEY) as LabKeys | undefined // only written below
  if (kept !== undefined) return kept
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const keys: LabKeys = {
    jwks: { keys: [{ ...(privateKey.export({ format: 'jwk' }) as JWK), use: 'sig', alg: 'ES256' }] },
    cookie_keys: [randomBytes(32).toString('base64url')],
  }
  state.set(KEY, keys)
  return keys
}
