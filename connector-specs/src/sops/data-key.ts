// The key of one document, wrapped for each of its recipients. age is built in; the key services of clouds are given by
// the caller.
import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { type Secret, secret } from '@sluice/oauth'
import { armor, Decrypter, Encrypter } from 'age-encryption'
import type { SopsKeys } from './metadata.ts'
import { SopsError } from './sops-error.ts'

/** A key-management service that wraps 32 bytes. `key` is an ARN (AWS) or a resource id (GCP). */
export interface KeyService {
  wrap(key: string, dataKey: Buffer, context: Record<string, string>): Promise<Buffer>
  unwrap(key: string, wrapped: Buffer, context: Record<string, string>): Promise<Buffer>
}

export interface KeySources {
  /** `AGE-SECRET-KEY-1…` */
  age_identities: Secret<string[]>
  kms?: KeyService
  gcp_kms?: KeyService
}

const DATA_KEY_BYTES = 32

/**
 * age identities where sops looks for them: `SOPS_AGE_KEY`, the file of `SOPS_AGE_KEY_FILE`, and
 * `$XDG_CONFIG_HOME/sops/age/keys.txt`.
 */
export async function findAgeIdentities(env: NodeJS.ProcessEnv): Promise<Secret<string[]>> {
  const configHome = env.XDG_CONFIG_HOME ?? join(env.HOME ?? homedir(), '.config')
  const files = [env.SOPS_AGE_KEY_FILE, join(configHome, 'sops', 'age', 'keys.txt')]
  const texts = await Promise.all(
    files.map((file) => (file === undefined ? '' : readFile(file, 'utf8').catch(() => ''))),
  )
  const lines = [env.SOPS_AGE_KEY ?? '', ...texts].flatMap((text) => text.split('\n'))
  return secret(lines.map((line) => line.trim()).filter((line) => line.startsWith('AGE-SECRET-KEY-')))
}

/** @throws SopsError `sops_no_key`, naming the recipients that could open it */
export async function unwrapDataKey(keys: SopsKeys, sources: KeySources): Promise<Buffer> {
  const attempts = [
    ...keys.age.map((entry) => () => openWithAge(entry.enc, sources.age_identities)),
    ...keys.kms.map((entry) => () => unwrap(sources.kms, entry.arn, entry.enc, entry.context ?? {})),
    ...keys.gcp_kms.map((entry) => () => unwrap(sources.gcp_kms, entry.resource_id, entry.enc, {})),
  ]
  const causes: unknown[] = []
  for (const attempt of attempts) {
    try {
      const dataKey = await attempt()
      if (dataKey.length === DATA_KEY_BYTES) return dataKey
    } catch (cause) {
      causes.push(cause)
    }
  }
  throw new SopsError('sops_no_key', `No key here opens this file. ${wanted(keys)}`, {
    cause: new AggregateError(causes),
  })
}

/** The data key wrapped for the same recipients, or for new ones. */
export async function wrapDataKey(keys: SopsKeys, dataKey: Buffer, sources: KeySources): Promise<SopsKeys> {
  const age = keys.age.map(async (entry) => ({ ...entry, enc: await sealWithAge(entry.recipient, dataKey) }))
  const kms = keys.kms.map(async (entry) => ({
    ...entry,
    enc: await wrap(sources.kms, entry.arn, dataKey, entry.context ?? {}),
  }))
  const gcp = keys.gcp_kms.map(async (entry) => ({
    ...entry,
    enc: await wrap(sources.gcp_kms, entry.resource_id, dataKey, {}),
  }))
  return { age: await Promise.all(age), kms: await Promise.all(kms), gcp_kms: await Promise.all(gcp) }
}

async function openWithAge(enc: string, identities: Secret<string[]>): Promise<Buffer> {
  const decrypter = new Decrypter()
  for (const identity of identities.reveal()) decrypter.addIdentity(identity)
  return Buffer.from(await decrypter.decrypt(armor.decode(enc)))
}

async function sealWithAge(recipient: string, dataKey: Buffer): Promise<string> {
  const encrypter = new Encrypter()
  try {
    encrypter.addRecipient(recipient)
  } catch (cause) {
    throw new SopsError('sops_invalid', `${recipient} is not an age recipient (age1…).`, { cause })
  }
  return armor.encode(await encrypter.encrypt(dataKey))
}

async function unwrap(service: KeyService | undefined, key: string, enc: string, context: Record<string, string>) {
  return await require(service, key).unwrap(key, Buffer.from(enc, 'base64'), context)
}

async function wrap(service: KeyService | undefined, key: string, dataKey: Buffer, context: Record<string, string>) {
  return (await require(service, key).wrap(key, dataKey, context)).toString('base64')
}

function require(service: KeyService | undefined, key: string): KeyService {
  if (service) return service
  throw new SopsError('sops_no_key', `The key service of ${key} is not available here.`)
}

function wanted({ age, kms, gcp_kms }: SopsKeys): string {
  const names = [
    ...age.map((entry) => entry.recipient),
    ...kms.map((entry) => entry.arn),
    ...gcp_kms.map((entry) => entry.resource_id),
  ]
  if (names.length === 0) return 'It names no age, AWS KMS or GCP KMS key; open it with sops.'
  const hint = age.length > 0 ? ' For age, set SOPS_AGE_KEY_FILE to the file with your AGE-SECRET-KEY.' : ''
  return `It is encrypted for ${names.join(', ')}.${hint}`
}
