import { decryptDocument, parseYaml } from '@sluice/connector-specs'
import { report } from '../output/report.ts'
import { printableJson } from '../printable.ts'
import type { Terminal } from '../terminal.ts'
import { readConfigFile, replaceFile } from './config-file.ts'
import { keySources } from './key-sources.ts'

/** Prints an encrypted config in clear; its keys keep their suffix, so that it can be encrypted again. */
export async function decryptConfig(
  { file: path, inPlace, json }: { file: string; inPlace: boolean; json: boolean },
  terminal: Terminal,
): Promise<void> {
  const { text, format } = await readConfigFile(path)
  const opened = await decryptDocument(text, format, await keySources(terminal))
  if (!inPlace && json) return await terminal.print(printableJson(parseYaml(path, opened.text).value))
  if (!inPlace) return await terminal.print(opened.text.trimEnd())
  await replaceFile(path, opened.text)
  await report({ file: path }, `${path} is in clear now: keep it out of version control.`, { json }, terminal)
}
