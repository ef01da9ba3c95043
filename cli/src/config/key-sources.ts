import { findAgeIdentities, type KeySources, type SopsKeys } from '@sluice/connector-specs'
import { CliError } from '../cli-error.ts'
import type { Terminal } from '../terminal.ts'

/** What this machine can open encrypted configs with. */
export async function keySources({ env }: Pick<Terminal, 'env'>): Promise<KeySources> {
  return { age_identities: await findAgeIdentities(env) }
}

/** For whom a new config is encrypted: the options, else `SOPS_AGE_RECIPIENTS`. @throws CliError `usage` */
export function recipientsOf(age: readonly string[], { env }: Pick<Terminal, 'env'>): SopsKeys {
  const named = age.length > 0 ? age : (env.SOPS_AGE_RECIPIENTS ?? '').split(',').map((name) => name.trim())
  const recipients = named.filter((name) => name !== '')
  if (recipients.length === 0) {
    throw new CliError('usage', 'Nobody is named for whom to encrypt.', {
      next_action:
        'Add --age age1…, or set SOPS_AGE_RECIPIENTS. `age-keygen` makes a key; its public half is the recipient.',
    })
  }
  return { age: recipients.map((recipient) => ({ recipient, enc: '' })), kms: [], gcp_kms: [] }
}
