// Writes values into a config file as it is kept: encrypted stays encrypted, for the same recipients.
import {
  type DocumentEdit,
  decryptDocument,
  editDocument,
  encryptDocument,
  isJsonObject,
  parseYaml,
  type SopsKeys,
  suffixSecrets,
} from '@sluice/connector-specs'
import type { Terminal } from '../terminal.ts'
import { type ConfigFile, readConfigFile, replaceFile } from './config-file.ts'
import { keySources } from './key-sources.ts'

const SUFFIX = '_sops'

export interface ConfigChange extends DocumentEdit {
  /** JSON pointers of what must be encrypted, within the whole config as it will be. */
  secrets: readonly string[]
  /** For whom a file in clear is encrypted from now on; null leaves it in clear. */
  encrypt_for: SopsKeys | null
}

export type KeptAs = 'encrypted' | 'clear'

/** @returns how the file is now. @throws CliError `source`, SopsError; the file is as it was then */
export async function changeConfig(path: string, change: ConfigChange, terminal: Terminal): Promise<KeptAs> {
  const file = await readConfigFile(path)
  const changed = isSealed(path, file)
    ? await changeSealed(file, change, terminal)
    : await changeClear(file, change, terminal)
  // Secrets in clear are for the file's owner alone.
  await replaceFile(path, changed.text, { is_private: changed.as === 'clear' })
  return changed.as
}

/** Whether sops encrypted the file. */
export function isSealed(path: string, { text }: ConfigFile): boolean {
  const { value } = parseYaml(path, text)
  return isJsonObject(value) && 'sops' in value
}

async function changeSealed({ text, format }: ConfigFile, change: ConfigChange, terminal: Terminal) {
  const sources = await keySources(terminal)
  const opened = await decryptDocument(text, format, sources)
  const suffix = opened.metadata.encrypted_suffix
  const is_secret = (pointer: string) => change.secrets.some((secret) => covers(secret, pointer))
  const clear = editDocument(opened.text, format, change, suffix === null ? null : { suffix, is_secret })
  const sealed = await encryptDocument(clear, format, opened, { sources, now: new Date() })
  return { text: sealed, as: 'encrypted' as const }
}

async function changeClear({ text, format }: ConfigFile, change: ConfigChange, terminal: Terminal) {
  const clear = editDocument(text, format, change)
  if (change.encrypt_for === null) return { text: clear, as: 'clear' as const }
  const marked = suffixSecrets(clear, format, change.secrets, SUFFIX)
  const choice = { keys: change.encrypt_for, encrypted_suffix: SUFFIX }
  const sealed = await encryptDocument(marked, format, choice, { sources: await keySources(terminal), now: new Date() })
  return { text: sealed, as: 'encrypted' as const }
}

function covers(secret: string, pointer: string): boolean {
  return pointer === secret || pointer.startsWith(`${secret}/`)
}
