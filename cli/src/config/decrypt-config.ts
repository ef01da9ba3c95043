import { decryptDocument } from '@sluice/connector-specs'
import type { Terminal } from '../terminal.ts'
import { readConfigFile, replaceFile } from './config-file.ts'
import { keySources } from './key-sources.ts'

/** Prints an encrypted config in clear; its keys keep their suffix, so that it can be encrypted again. */
export async function decryptConfig({ file: path, inPlace }: { file: string; inPlace: boolean }, terminal: Terminal) {
  const { text, format } = await readConfigFile(path)
  const opened = await decryptDocument(text, format, await keySources(terminal))
  if (!inPlace) return await terminal.print(opened.text.trimEnd())
  await replaceFile(path, opened.text)
  terminal.tell(`${path} is in clear now: keep it out of version control.`)
}
