// Key-encryption keys in a file that only its owner may read: a JWK (RFC 7517 §4), or a JWK Set (§5) whose first key is
// the current one.
import { randomBytes, randomUUID } from 'node:crypto'
import { chmod, link, mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { CompactEncrypt, calculateJwkThumbprint, compactDecrypt, importJWK } from 'jose'
import { z } from 'zod'
import type { KeyEncryptionKey, KeyStore } from '../key-encryption-key.ts'
import { SealingError } from '../sealing-error.ts'

const jwk = z.object({
  kty: z.literal('oct'),
  k: z.string().regex(/^[\w-]{43}$/, 'must be 32 bytes in base64url'),
  alg: z.literal('A256GCMKW').optional(),
})
const jwkSet = z.object({ keys: z.array(jwk).min(1, 'must hold a key') })

type Jwk = z.infer<typeof jwk>

export interface MasterKeyFileOptions {
  /** Ids that the database's data keys were wrapped with: a missing file is created only when nothing needs one. */
  needed_key_ids: string[]
  /** The file lies in our own data directory, so that new keys are ours to make. */
  is_ours: boolean
}

/**
 * Opens a master key file. A key's id is the thumbprint of its JWK (RFC 7638), so a file that was edited does not pass
 * for what it was.
 *
 * @throws SealingError `master_key_unreadable`, `master_key_missing`; each names the ids needed.
 */
export async function openMasterKeyFile(path: string, options: MasterKeyFileOptions): Promise<KeyStore> {
  const ids = options.needed_key_ids
  const needs = ids.length === 0 ? '' : ` The data needs the key ${ids.join(' and the key ')}.`
  let text = await readKeyFile(path, needs)
  if (text === null) {
    if (ids.length > 0) {
      throw new SealingError(
        'master_key_missing',
        `There is no master key at ${path}.${needs} Put that file back, or point SLUICE_KEY_ENCRYPTION_KEY at it.`,
      )
    }
    text = await createKeyFile(path)
  }
  let keys = await importKeys(path, text, needs)

  const replace = async (jwks: Jwk[]) => {
    await replaceFile(path, JSON.stringify(jwks.length === 1 ? jwks[0] : { keys: jwks }))
    keys = await importKeys(path, await readFile(path, 'utf8'), needs)
  }
  return {
    name: `the file ${path}`,
    current: () => firstOf(keys).key,
    keys: () => keys.map(({ key }) => key),
    async reload() {
      const again = await readKeyFile(path, needs)
      if (again !== null) keys = await importKeys(path, again, needs)
    },
    ...(options.is_ours && {
      renew: () => replace([newKey(), ...keys.map(({ jwk }) => jwk)]),
      forget: async (neededIds) => {
        const kept = keys.filter(({ key }, index) => index === 0 || neededIds.includes(key.id))
        if (kept.length < keys.length) await replace(kept.map(({ jwk }) => jwk))
      },
    }),
  }
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
  const draft = await writeDraft(path, JSON.stringify(newKey()))
  try {
    await link(draft, path)
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error
  } finally {
    await rm(draft, { force: true })
  }
  return readFile(path, 'utf8')
}

/** The file has either content after a crash, never half of one. */
async function replaceFile(path: string, text: string): Promise<void> {
  await rename(await writeDraft(path, text), path)
  const directory = await open(dirname(path))
  await directory.sync().finally(() => directory.close())
}

async function writeDraft(path: string, text: string): Promise<string> {
  // Its own for each writer: with a shared one, whoever is done first takes it away from the others.
  const draft = `${path}.${randomUUID()}.new`
  await writeFile(draft, `${text}\n`, { mode: 0o600, flush: true })
  await chmod(draft, 0o600)
  return draft
}

function newKey(): Jwk {
  return { kty: 'oct', alg: 'A256GCMKW', k: randomBytes(32).toString('base64url') }
}

interface FileKey {
  jwk: Jwk
  key: KeyEncryptionKey
}

async function importKeys(path: string, text: string, needs: string): Promise<FileKey[]> {
  try {
    const content = JSON.parse(text)
    const jwks = 'keys' in content ? jwkSet.parse(content).keys : [jwk.parse(content)]
    return await Promise.all(jwks.map(importKey))
  } catch (cause) {
    const rule = cause instanceof z.ZodError ? cause.issues.map((issue) => issue.message).join(', ') : 'not JSON'
    throw new SealingError(
      'master_key_unreadable',
      `The master key at ${path} is not a JWK of 256 bits, nor a set of them (${rule}).${needs} ` +
        'Restore the file from your backup.',
    )
  }
}

/** Wraps to a compact JWE (RFC 7516), `alg` A256GCMKW, `enc` A256GCM; the header names the key and the tenant. */
async function importKey(jwk: Jwk): Promise<FileKey> {
  const id = await calculateJwkThumbprint({ kty: jwk.kty, k: jwk.k })
  const key = await importJWK(jwk, 'A256GCMKW')
  return {
    jwk,
    key: {
      id,
      wrap: (dataKey, tenantId) =>
        new CompactEncrypt(dataKey)
          .setProtectedHeader({ alg: 'A256GCMKW', enc: 'A256GCM', kid: id, tenant_id: tenantId })
          .encrypt(key),
      unwrap: async (wrapped, tenantId) => {
        const opened = await compactDecrypt(wrapped, key, {
          keyManagementAlgorithms: ['A256GCMKW'],
          contentEncryptionAlgorithms: ['A256GCM'],
        }).catch((cause) => {
          throw new SealingError('data_key_damaged', `A data key of tenant ${tenantId} does not unwrap.`, { cause })
        })
        // Those of the first releases name no tenant.
        const { tenant_id = tenantId } = opened.protectedHeader
        if (tenant_id !== tenantId) {
          throw new SealingError('data_key_damaged', `A data key of tenant ${tenantId} was wrapped for another one.`)
        }
        return Buffer.from(opened.plaintext)
      },
    },
  }
}

function firstOf<T>(items: T[]): T {
  const [first] = items
  if (first === undefined) throw new Error('A key file always holds a key.')
  return first
}

function isErrno(error: unknown, code?: string): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && (code === undefined || error.code === code)
}
