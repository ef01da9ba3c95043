export { askKeyStore, type KeyStoreRequest } from './ask-key-store.ts'
export { type AwsKmsKey, type AwsKmsOptions, openAwsKmsKey } from './aws-kms.ts'
export { type GcpKmsKey, type GcpKmsOptions, openGcpKmsKey } from './gcp-kms.ts'
export { KeyStoreError, type KeyStoreErrorCode } from './key-store-error.ts'
