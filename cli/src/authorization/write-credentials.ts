import { type ConnectorTask, decryptDocument, type SopsKeys } from '@sluice/connector-specs'
import { CliError } from '../cli-error.ts'
import { changeConfig, isSealed } from '../config/change-config.ts'
import { readConfigFile } from '../config/config-file.ts'
import { differences, removals } from '../config/differences.ts'
import { findRecipients, keySources, namesOf, type RecipientChoice } from '../config/key-sources.ts'
import type { Terminal } from '../terminal.ts'
import type { ObtainedCredentials } from './obtained-credentials.ts'

export interface WritingTarget {
  path: string
  /** For whom a file in clear is encrypted; null when it is encrypted already, or stays in clear. */
  encrypt_for: SopsKeys | null
}

/**
 * Where `--write` puts the credentials. Asked before the person is sent to the provider, because what comes back cannot be
 * had twice.
 *
 * @throws CliError `source` or `usage`; SopsError when an encrypted file does not open
 */
export async function planWriting(
  options: RecipientChoice & { plain: boolean },
  { config_path: path }: ConnectorTask,
  terminal: Terminal,
): Promise<WritingTarget> {
  if (path === null) {
    throw new CliError(
      'source',
      'The config stands in the flow.yaml, and --write puts credentials into a file of its own.',
      {
        next_action: 'Move it into a file and write `config: config.yaml`, or give the file by --config.',
      },
    )
  }
  const file = await readConfigFile(path)
  if (isSealed(path, file)) {
    await decryptDocument(file.text, file.format, await keySources(terminal))
    return { path, encrypt_for: null }
  }
  const encrypt_for = findRecipients(options, terminal)
  if (options.plain && encrypt_for !== null && namesOf(encrypt_for).length > 0 && options.age.length > 0) {
    throw new CliError('usage', '--plain and recipients contradict each other.', {
      next_action: 'Leave one of them out.',
    })
  }
  if (options.plain) return { path, encrypt_for: null }
  if (encrypt_for !== null) return { path, encrypt_for }
  throw new CliError('usage', `${path} is in clear, and nobody is named for whom to encrypt it.`, {
    next_action:
      'Add --age age1… (or --kms, --gcp-kms, SOPS_AGE_RECIPIENTS), or --plain to write the secrets in clear.',
  })
}

/** Puts the credentials into the config file; the rest of it stays as it is. */
export async function writeCredentials(
  { path, encrypt_for }: WritingTarget,
  { config: before }: ConnectorTask,
  { config, secrets }: ObtainedCredentials,
  terminal: Terminal,
): Promise<void> {
  const after = config.reveal()
  const change = {
    set: new Map(differences(before, after)),
    remove: [...removals(before, after)],
    secrets,
    encrypt_for,
  }
  const as = await changeConfig(path, change, terminal)
  const how = encrypt_for === null ? as : `encrypted for ${namesOf(encrypt_for).join(', ')}`
  terminal.note(
    `${terminal.paint('green', 'Written')} to ${path}, ${how === 'clear' ? 'in clear: keep it to yourself' : how}.`,
  )
}
