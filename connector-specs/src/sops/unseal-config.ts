// An endpoint config as Flow unseals it: decrypted, the encrypted suffix taken off the keys at any depth.
import type { JsonObject, JsonValue } from '@sluice/oauth'
import { isJsonObject } from '../json-object.ts'
import type { KeySources } from './data-key.ts'
import { type DocumentFormat, decryptDocument } from './sops-document.ts'
import { SopsError } from './sops-error.ts'

export interface UnsealedConfig {
  config: JsonObject
  /** `sops.overlay`, which the MAC does not cover; `applyOverlay` says where it may reach. */
  overlay: JsonObject | null
}

/** @throws SopsError, also when a key with and one without the suffix would become the same */
export async function unsealConfig(text: string, format: DocumentFormat, sources: KeySources): Promise<UnsealedConfig> {
  const { value, metadata } = await decryptDocument(text, format, sources)
  const suffix = metadata.encrypted_suffix
  return {
    config: suffix === null ? value : trimSuffix(value, suffix, []),
    overlay: isJsonObject(metadata.overlay) ? metadata.overlay : null,
  }
}

function trimSuffix(value: JsonObject, suffix: string, path: string[]): JsonObject {
  const trimmed = new Map<string, JsonValue>()
  for (const [key, part] of Object.entries(value)) {
    const name = key.endsWith(suffix) ? key.slice(0, -suffix.length) : key
    const place = [...path, name]
    if (trimmed.has(name)) {
      throw new SopsError('sops_invalid', `${place.join('.')} stands there with ${suffix} and without. Remove one.`)
    }
    trimmed.set(name, trimPart(part, suffix, place))
  }
  return Object.fromEntries(trimmed)
}

function trimPart(part: JsonValue | undefined, suffix: string, path: string[]): JsonValue {
  if (Array.isArray(part)) return part.map((item) => trimPart(item, suffix, path))
  return isJsonObject(part) ? trimSuffix(part, suffix, path) : (part ?? null)
}
