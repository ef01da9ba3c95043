import { findAgeIdentities, type KeySources, type SopsKeys } from '@sluice/connector-specs'
import { CliError } from '../cli-error.ts'
import type { Terminal } from '../terminal.ts'

/** For whom a config is encrypted. */
export interface RecipientChoice {
  age: readonly string[]
  /** ARNs of AWS KMS keys. */
  kms: readonly string[]
  /** Resource ids of Google Cloud KMS keys. */
  gcpKms: readonly string[]
}

/** What this machine can open encrypted configs with. */
export async function keySources({ env }: Pick<Terminal, 'env'>): Promise<KeySources> {
  return {
    age_identities: await findAgeIdentities(env),
    kms: {
      wrap: async (key, dataKey, context) => await (await awsKey(key)).wrap(dataKey, context),
      unwrap: async (key, wrapped, context) => await (await awsKey(key)).unwrap(wrapped, context),
    },
    gcp_kms: {
      wrap: async (key, dataKey) => await (await gcpKey(key, env)).wrap(dataKey, null),
      unwrap: async (key, wrapped) => await (await gcpKey(key, env)).unwrap(wrapped, null),
    },
  }
}

/** The AWS SDK finds credentials, and another endpoint (AWS_ENDPOINT_URL_KMS), by itself. */
async function awsKey(arn: string) {
  const { openAwsKmsKey } = await import('@sluice/kms')
  return await openAwsKmsKey({ arn })
}

/** Credentials are those of GOOGLE_APPLICATION_CREDENTIALS, else of the machine; the endpoint's variable is gcloud's. */
async function gcpKey(key_name: string, env: NodeJS.ProcessEnv) {
  const { openGcpKmsKey } = await import('@sluice/kms')
  const endpoint = env.CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS
  return await openGcpKmsKey({ key_name, env, ...(endpoint && { endpoint }) })
}

/** For whom a new config is encrypted. @throws CliError `usage` when nobody is named */
export function recipientsOf(choice: RecipientChoice, terminal: Pick<Terminal, 'env'>): SopsKeys {
  const found = findRecipients(choice, terminal)
  if (found !== null) return found
  throw new CliError('usage', 'Nobody is named for whom to encrypt.', {
    next_action:
      'Add --age age1… (`age-keygen` makes a key; its public half is the recipient), --kms or --gcp-kms, or set\n' +
      'SOPS_AGE_RECIPIENTS.',
  })
}

/** The options, else the variables that sops reads too; null when neither names anybody. */
export function findRecipients({ age, kms, gcpKms }: RecipientChoice, { env }: Pick<Terminal, 'env'>): SopsKeys | null {
  const named = [...age, ...kms, ...gcpKms].length > 0
  const from = (given: readonly string[], variable: string | undefined) =>
    (named ? given : (variable ?? '').split(',').map((name) => name.trim())).filter((name) => name !== '')
  // sops reads no entry of a cloud's key without the time.
  const created_at = `${new Date().toISOString().slice(0, 19)}Z`
  const keys: SopsKeys = {
    age: from(age, env.SOPS_AGE_RECIPIENTS).map((recipient) => ({ recipient, enc: '' })),
    kms: from(kms, env.SOPS_KMS_ARN).map((arn) => ({ arn, created_at, enc: '', aws_profile: '' })),
    gcp_kms: from(gcpKms, env.SOPS_GCP_KMS_IDS).map((resource_id) => ({ resource_id, created_at, enc: '' })),
  }
  return namesOf(keys).length > 0 ? keys : null
}

/** The recipients as they are called. */
export function namesOf({ age, kms, gcp_kms }: SopsKeys): string[] {
  return [
    ...age.map(({ recipient }) => recipient),
    ...kms.map(({ arn }) => arn),
    ...gcp_kms.map(({ resource_id }) => resource_id),
  ]
}
