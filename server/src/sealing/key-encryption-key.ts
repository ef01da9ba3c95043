// The key-encryption key, which wraps the tenants' data keys. Here it lies in a file; other key stores come behind the
// same three members.
import { randomBytes } from 'node:crypto'
import { chmod, link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { CompactEncrypt, calculateJwkThumbprint, compactDecrypt, importJWK } from 'jose'
import { z } from 'zod'
import { SealingError } from './sealing-error.ts'

export interface KeyEncryptionKey {
  /** Names the key in the header of what it wrapped. */
  readonly id: string
  /** A compact JWE (RFC 7516), `alg` A256GCMKW, `enc` A256GCM, `kid` the key's id. */
  wrap(key: Buffer): Promise<string>
  unwrap(wrapped: string): Promise<Buffer>
}

const masterKeyFile = z.object({
  kty: z.literal('oct'),
  k: z.string().regex(/^[\w-]{43}$/, 'must be 32 bytes in base64url'),
  alg: z.literal('A256GCMKW').optional(),
})

/**
 * Reads the master key, a JWK (RFC 7517) in a file that only its owner may read. Its id is the JWK's thumbprint
 * (RFC 7638), so a file that was edited does not pass for the key that it was.
 *
 * `needed_key_ids` are the ids that the database's data keys were wrapped with: a file that is not there is created
 * only when nothing needs an older one.
 *
 * @throws SealingError `master_key_unreadable`, `master_key_missing`, `master_key_foreign`; each names the id needed.
 */
export async function openMasterKeyFile(path: string, neededKeyIds: string[]): Promise<KeyEncryptionKey> {
  const needs = neededKeyIds.length === 0 ? '' : ` The data needs the key ${neededKeyIds.join(' and the key ')}.`
  let text = await readKeyFile(path, needs)
  if (text === null) {
    if (neededKeyIds.length > 0) {
      throw new SealingError(
        'master_key_missing',
        `There is no master key at ${path}.${needs} Put that file back, or point SLUICE_MASTER_KEY_FILE at it.`,
      )
    }
    text = await createKeyFile(path)
  }

  const key = await importKey(text).catch((cause) => {
    const rule = cause instanceof z.ZodError ? cause.issues.map((issue) => issue.message).join(', ') : 'not JSON'
    throw new SealingError(
      'master_key_unreadable',
      `The master key at ${path} is not a JWK of 256 bits (${rule}).${needs} Restore the file from your backup.`,
    )
  })
  if (neededKeyIds.some((id) => id !== key.id)) {
    throw new SealingError(
      'master_key_foreign',
      `The master key at ${path} is the key ${key.id}, which did not seal this data.${needs} ` +
        'Point SLUICE_MASTER_KEY_FILE at the right file; nothing was changed.',
    )
  }
  return key
}

async function readKeyFile(path: string, needs: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    if (isErrno(cause, 'ENOENT')) return null
    throw new SealingError(
      'master_key_unreadable',
      `The master key at ${path} cannot be read (${isErrno(cause) ? cause.code : 'unknown error'}).${needs} ` +
        'Let the user that runs Sluice read it.',
      { cause },
    )
  }
}

/** Creates the file whole or not at all; when two servers start at once, both use the one that came first. */
async function createKeyFile(path: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const draft = `${path}.${process.pid}.new`
  const jwk = { kty: 'oct', alg: 'A256GCMKW', k: randomBytes(32).toString('base64url') }
  await writeFile(draft, `${JSON.stringify(jwk)}\n`, { mode: 0o600, flush: true })
  await chmod(draft, 0o600)
  try {
    await link(draft, path)
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error
  } finally {
    await rm(draft, { force: true })
  }
  return readFile(path, 'utf8')
}

async function importKey(text: string): Promise<KeyEncryptionKey> {
  const jwk = masterKeyFile.parse(JSON.parse(text))
  const id = await calculateJwkThumbprint({ kty: jwk.kty, k: jwk.k })
  const key = await importJWK(jwk, 'A256GCMKW')
  return {
    id,
    wrap: (dataKey) =>
      new CompactEncrypt(dataKey).setProtectedHeader({ alg: 'A256GCMKW', enc: 'A256GCM', kid: id }).encrypt(key),
    unwrap: async (wrapped) => {
      const { plaintext } = await compactDecrypt(wrapped, key, {
        keyManagementAlgorithms: ['A256GCMKW'],
        contentEncryptionAlgorithms: ['A256GCM'],
      })
      return Buffer.from(plaintext)
    },
  }
}

function isErrno(error: unknown, code?: string): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && (code === undefined || error.code === code)
}
