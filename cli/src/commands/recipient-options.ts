import { repeatable } from '../command.ts'

/** For whom something is encrypted. */
export const recipientOptions = {
  age: repeatable('<recipient>', 'who may open it (age1…); may be given several times. Else SOPS_AGE_RECIPIENTS'),
  kms: repeatable('<arn>', 'a key of AWS KMS by which it opens. Else SOPS_KMS_ARN'),
  gcpKms: repeatable('<resource>', 'a key of Google Cloud KMS by which it opens. Else SOPS_GCP_KMS_IDS'),
}
