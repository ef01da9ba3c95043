// The `sops` object of an encrypted document. Files written by sops carry more key kinds than are opened here; those
// are kept as they stand when a document is encrypted again.
import { RE2JS } from 're2js'
import { z } from 'zod'
import { SopsError } from './sops-error.ts'

const text = z.string()
const list = <T extends z.ZodType>(entry: T) =>
  z
    .array(entry)
    .nullish()
    .transform((entries) => entries ?? [])
const ageKey = z.looseObject({ recipient: text, enc: text })
const awsKey = z.looseObject({ arn: text, enc: text, context: z.record(text, text).nullish() })
const gcpKey = z.looseObject({ resource_id: text, enc: text })
const rule = z
  .string()
  .nullish()
  .transform((pattern) => (pattern === '' ? null : (pattern ?? null)))

const metadataSchema = z.looseObject({
  age: list(ageKey),
  kms: list(awsKey),
  gcp_kms: list(gcpKey),
  key_groups: list(z.unknown()),
  lastmodified: text,
  mac: text,
  unencrypted_suffix: rule,
  encrypted_suffix: rule,
  unencrypted_regex: rule,
  encrypted_regex: rule,
  unencrypted_comment_regex: rule,
  encrypted_comment_regex: rule,
  // sops reads it weakly typed, so a quoted one counts too.
  mac_only_encrypted: z
    .union([z.boolean(), z.enum(['true', 'false', ''])])
    .nullish()
    .transform((flag) => flag === true || flag === 'true'),
})

export type SopsMetadata = z.infer<typeof metadataSchema>
export type SopsKeys = Pick<SopsMetadata, 'age' | 'kms' | 'gcp_kms'>

/** @throws SopsError `sops_invalid`, or `sops_unsupported` with the feature's name */
export function readMetadata(value: unknown): SopsMetadata {
  const parsed = metadataSchema.safeParse(value)
  if (!parsed.success) {
    const path = parsed.error.issues[0]?.path.join('.') ?? ''
    throw new SopsError('sops_invalid', `sops.${path} is missing or has the wrong type. Restore the file.`)
  }
  const metadata = parsed.data
  const unsupported = [
    metadata.key_groups.length > 1 && 'several key groups (Shamir)',
    metadata.unencrypted_comment_regex && 'unencrypted_comment_regex',
    metadata.encrypted_comment_regex && 'encrypted_comment_regex',
  ].find(Boolean)
  if (unsupported) {
    const message = `This file uses ${unsupported}, which is not supported here. Decrypt it with sops.`
    throw new SopsError('sops_unsupported', message)
  }
  return metadata
}

type Rules = Pick<
  SopsMetadata,
  'unencrypted_suffix' | 'encrypted_suffix' | 'unencrypted_regex' | 'encrypted_regex' | 'mac_only_encrypted'
>

/** Whether the value at a path of keys is encrypted. Each rule looks at every key above the value. */
export function encryptionRule(rules: Rules): (path: readonly string[]) => boolean {
  const { unencrypted_suffix, encrypted_suffix } = rules
  const unencrypted = compile(rules.unencrypted_regex)
  const encrypted = compile(rules.encrypted_regex)
  return (path) => {
    let result = true
    if (unencrypted_suffix !== null && path.some((key) => key.endsWith(unencrypted_suffix))) result = false
    if (encrypted_suffix !== null) result = path.some((key) => key.endsWith(encrypted_suffix))
    if (unencrypted && path.some((key) => unencrypted.matcher(key).find())) result = false
    if (encrypted) result = path.some((key) => encrypted.matcher(key).find())
    return result
  }
}

// The grammar is Go's, RE2, and the pattern comes from a file that anyone may have written.
function compile(pattern: string | null): RE2JS | null {
  if (pattern === null) return null
  try {
    return RE2JS.compile(pattern)
  } catch (cause) {
    throw new SopsError('sops_invalid', 'A regular expression in `sops` cannot be read. Restore the file.', { cause })
  }
}
