// Opens and writes documents of the sops format (https://github.com/getsops/sops): values encrypted one by one, keys in
// clear. No published package checks the MAC, so this thin layer over age-encryption does.
import { randomBytes } from 'node:crypto'
import type { JsonObject } from '@sluice/oauth'
import { type Document, isMap, isScalar, type ParsedNode, parseDocument } from 'yaml'
import { isJsonObject } from '../json-object.ts'
import { type KeySources, unwrapDataKey, wrapDataKey } from './data-key.ts'
import { formatDocument } from './format-document.ts'
import { decryptLeaf, encryptLeaf, type Leaf } from './leaf.ts'
import { createMac } from './mac.ts'
import { encryptionRule, readMetadata, type SopsKeys, type SopsMetadata } from './metadata.ts'
import { SopsError } from './sops-error.ts'
import { placeOf, transformDocument } from './transform-document.ts'

export type DocumentFormat = 'yaml' | 'json'

export interface OpenedDocument {
  /** In clear, without `sops`, in the layout of the file. */
  text: string
  value: JsonObject
  metadata: SopsMetadata
}

/** What is new in a document that is encrypted for the first time. */
export interface EncryptionChoice {
  keys: SopsKeys
  /** `_sops`: only keys that end so are encrypted; null encrypts every value. */
  encrypted_suffix: string | null
}

// The newest version that wrote this layout; sops refuses nothing below its own.
const LAYOUT_VERSION = '3.9.0'

/** @throws SopsError; nothing is returned of a document whose MAC does not match */
export async function decryptDocument(
  text: string,
  format: DocumentFormat,
  sources: KeySources,
): Promise<OpenedDocument> {
  const document = parse(text)
  const metadata = readMetadata(takeMetadata(document))
  const dataKey = await unwrapDataKey(metadata, sources)
  const isEncrypted = encryptionRule(metadata)
  const mac = createMac({ only_encrypted: metadata.mac_only_encrypted })
  transformDocument(document, ({ path, leaf }) => {
    const encrypted = isEncrypted(path)
    const opened = encrypted ? openLeaf(leaf, dataKey, path) : leaf
    mac.add(opened, encrypted)
    return opened
  })
  mac.verify(metadata.mac, dataKey, metadata.lastmodified)
  return { text: formatDocument(document, format), value: plainValue(document), metadata }
}

/**
 * Encrypts a document in clear under a new data key, for the recipients of `choice` or, when it was opened before, for
 * those of its metadata.
 */
export async function encryptDocument(
  text: string,
  format: DocumentFormat,
  choice: EncryptionChoice | { metadata: SopsMetadata },
  { sources, now }: { sources: KeySources; now: Date },
): Promise<string> {
  const document = parse(text)
  if (document.has('sops'))
    throw new SopsError('sops_invalid', 'This document has a `sops` part: it is encrypted already.')
  const rules = 'metadata' in choice ? choice.metadata : rulesOf(choice)
  const keys = 'metadata' in choice ? choice.metadata : choice.keys
  if (keys.age.length + keys.kms.length + keys.gcp_kms.length === 0) {
    throw new SopsError('sops_no_key', 'Name a key to encrypt for: an age recipient, or a key of AWS KMS or GCP KMS.')
  }
  const dataKey = randomBytes(32)
  const isEncrypted = encryptionRule(rules)
  const mac = createMac({ only_encrypted: rules.mac_only_encrypted })
  transformDocument(document, ({ path, leaf, written }) => {
    const encrypted = isEncrypted(path)
    if (!encrypted) {
      mac.add(leaf, encrypted)
      return leaf
    }
    const kept: Leaf = written === null ? leaf : { type: 'str', value: written }
    mac.add(kept, encrypted)
    return { type: leaf.type === 'comment' ? 'comment' : 'str', value: encryptLeaf(kept, dataKey, aad(path)) }
  })
  const lastmodified = `${now.toISOString().slice(0, 19)}Z`
  const wrapped = await wrapDataKey(keys, dataKey, sources)
  const part = document.createNode({
    ...writtenRules(rules),
    ...wrapped,
    ...('metadata' in choice && choice.metadata.overlay !== undefined && { overlay: choice.metadata.overlay }),
    lastmodified,
    mac: mac.seal(dataKey, lastmodified),
    version: LAYOUT_VERSION,
  })
  document.set('sops', part)
  // Unquoted it would be a time to YAML readers, and not the text that the MAC is bound to.
  const time = part.get('lastmodified', true)
  if (isScalar(time)) time.type = 'QUOTE_DOUBLE'
  return formatDocument(document, format)
}

function parse(text: string): Document<ParsedNode> {
  const document = parseDocument(text, { intAsBigInt: true, prettyErrors: false, uniqueKeys: true })
  // The parser's words may quote a secret.
  if (document.errors[0]) {
    throw new SopsError('sops_invalid', 'Not valid YAML or JSON. Mend the file.', { cause: document.errors[0] })
  }
  if (!isMap(document.contents))
    throw new SopsError('sops_invalid', 'An encrypted config must be an object with fields.')
  return document
}

function takeMetadata(document: Document): unknown {
  const node = document.get('sops')
  document.delete('sops')
  return isMap(node) ? node.toJS(document) : undefined
}

function plainValue(document: Document): JsonObject {
  // Numbers beyond 2^53 would lose digits as JSON numbers for every connector, so they do here as well.
  const value: unknown = JSON.parse(
    JSON.stringify(document.toJS(), (_key, part) => (typeof part === 'bigint' ? Number(part) : part)),
  )
  if (!isJsonObject(value)) throw new SopsError('sops_invalid', 'An encrypted config must be an object with fields.')
  return value
}

function openLeaf(leaf: Leaf, dataKey: Buffer, path: string[]): Leaf {
  if (leaf.type === 'str') return decryptLeaf(leaf.value, dataKey, aad(path))
  if (leaf.type !== 'comment') {
    throw new SopsError(
      'sops_tampered',
      `${placeOf(path)} should be encrypted, but is not. Edit such files with sops only.`,
    )
  }
  // Older versions of sops left comments in clear.
  return leaf.value.startsWith('ENC[') ? decryptLeaf(leaf.value, dataKey, aad(path)) : leaf
}

function aad(path: readonly string[]): string {
  return `${path.join(':')}:`
}

function rulesOf({ encrypted_suffix }: EncryptionChoice) {
  return {
    encrypted_suffix,
    unencrypted_suffix: encrypted_suffix === null ? '_unencrypted' : null,
    unencrypted_regex: null,
    encrypted_regex: null,
    mac_only_encrypted: false,
  }
}

/** Metadata as it is written: rules that are not in use are left out, keys of other kinds would no longer fit. */
function writtenRules({
  encrypted_suffix,
  unencrypted_suffix,
  unencrypted_regex,
  encrypted_regex,
  mac_only_encrypted,
}: ReturnType<typeof rulesOf> | SopsMetadata) {
  const rules = { encrypted_suffix, unencrypted_suffix, unencrypted_regex, encrypted_regex }
  return {
    ...Object.fromEntries(Object.entries(rules).filter(([, rule]) => rule !== null)),
    ...(mac_only_encrypted && { mac_only_encrypted }),
  }
}
