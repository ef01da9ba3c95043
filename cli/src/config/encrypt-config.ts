import { encryptDocument, isJsonObject, parseYaml, secretPointers, suffixSecrets } from '@sluice/connector-specs'
import { protocolOf } from '@sluice/launcher'
import { CliError } from '../cli-error.ts'
import { launchOf, openTask } from '../connector/open-task.ts'
import { report } from '../output/report.ts'
import { printableJson } from '../printable.ts'
import type { Terminal } from '../terminal.ts'
import { type ConfigFile, readConfigFile, replaceFile } from './config-file.ts'
import { keySources, namesOf, type RecipientChoice, recipientsOf } from './key-sources.ts'

export interface EncryptOptions extends RecipientChoice {
  file: string
  suffix: string
  all: boolean
  source: string | undefined
  task: string | undefined
  inPlace: boolean
  json: boolean
}

/** Encrypts a config: what the schema calls secret, what is marked by the suffix, or everything. */
export async function encryptConfig(options: EncryptOptions, terminal: Terminal): Promise<void> {
  const path = options.file
  const file = await readConfigFile(path)
  const keys = recipientsOf(options, terminal)
  const marked =
    options.source === undefined
      ? file.text
      : await markSecrets(file, { ...options, source: options.source, path }, terminal)
  const as_json = options.json && !options.inPlace
  const sealed = await encryptDocument(
    as_json ? JSON.stringify(parseYaml(path, marked).value) : marked,
    as_json ? 'json' : file.format,
    { keys, encrypted_suffix: options.all ? null : options.suffix },
    { sources: await keySources(terminal), now: new Date() },
  )
  // The MAC is always there.
  if (sealed.split('ENC[').length === 2) warnAboutNothing(options, terminal)
  if (as_json) return await terminal.print(printableJson(JSON.parse(sealed)))
  if (!options.inPlace) return await terminal.print(sealed.trimEnd())
  await replaceFile(path, sealed)
  const encrypted_for = namesOf(keys)
  await report(
    { file: path, encrypted_for },
    `${path} is encrypted for ${encrypted_for.join(', ')}.`,
    options,
    terminal,
  )
}

async function markSecrets(
  { text, format }: ConfigFile,
  { source, task, suffix, all, path }: EncryptOptions & { source: string; path: string },
  terminal: Terminal,
): Promise<string> {
  if (all)
    throw new CliError('usage', '--all and --source are two ways to choose.', { next_action: 'Give one of the two.' })
  const opened = await openTask({ source, task }, terminal, { with_config: false })
  const { config_schema } = await protocolOf(opened.protocol).spec(launchOf(opened, terminal, []))
  const config = parseYaml(path, text).value
  return isJsonObject(config) ? suffixSecrets(text, format, secretPointers(config_schema, config), suffix) : text
}

function warnAboutNothing({ suffix }: EncryptOptions, terminal: Terminal): void {
  terminal.tell(
    `${terminal.paint('yellow', 'warning:')} nothing was encrypted: no key ends with ${suffix}. ` +
      'Rename the secret ones, name the flow.yaml by --source, or encrypt everything by --all.',
  )
}
