export { type JsonObject, type JsonValue, Secret, secret } from '@sluice/oauth'
export { type ConfigValidator, compileSchema } from './compile-schema.ts'
export type { ConfigViolation } from './config-violation.ts'
export {
  type ConnectorOAuth,
  configWithCredentials,
  personSchema,
  readConnectorOAuth,
  templateConfig,
} from './connector-oauth.ts'
export { type ConnectorSpec, readFlowSpec } from './connector-spec.ts'
export { type FoundOAuthSpec, findOAuthSpecs, NO_OAUTH_SPEC, type OAuthDialect } from './find-oauth-specs.ts'
export { type FlowCapture, type FlowFile, type FlowSource, loadFlowSource, type ProtocolName } from './flow-source.ts'
export { type ImportedField, type ImportedSpec, importOAuthSpec, isSameAuthorization } from './import-oauth-spec.ts'
export { isJsonObject } from './json-object.ts'
export { escapeToken, parsePointer, readPointer, writePointer } from './json-pointer.ts'
export { type LintedFile, type LocatedFinding, lint, lintFile } from './lint.ts'
export { mergeCredentials, type OAuthCredentials } from './merge-credentials.ts'
export { findOAuthCredentials, type OAuthCredentialsPlace } from './oauth-credentials.ts'
export { OAUTH_SPEC_SUFFIX, readOAuthSpecFile } from './oauth-spec-file.ts'
export {
  listProviders,
  loadProvider,
  PROVIDERS_DIRECTORY,
  type Provider,
  readDeclaration,
} from './providers/load-provider.ts'
export { providerConfigSchema } from './providers/provider-config-schema.ts'
export { toSarif } from './sarif.ts'
export { DESTINATION_MARK, movedDestinations, secretDestinations } from './secret-destinations.ts'
export { MASK, maskConfig, secretPointers, secretValues } from './secret-pointers.ts'
export { type ConnectorTask, readCollection, selectTask, type TaskSelection } from './select-task.ts'
export { applyOverlay } from './sops/apply-overlay.ts'
export { findAgeIdentities, type KeyService, type KeySources } from './sops/data-key.ts'
export { type DocumentEdit, editDocument, type KeyNaming } from './sops/edit-document.ts'
export type { SopsKeys, SopsMetadata } from './sops/metadata.ts'
export {
  type DocumentFormat,
  decryptDocument,
  type EncryptionChoice,
  encryptDocument,
  type OpenedDocument,
} from './sops/sops-document.ts'
export { SopsError, type SopsErrorCode } from './sops/sops-error.ts'
export { suffixSecrets } from './sops/suffix-secrets.ts'
export { SpecError, type SpecErrorCode } from './spec-error.ts'
export { plainClient, type TaskClient } from './task-client.ts'
export { withoutOAuthCredentials } from './without-oauth-credentials.ts'
export { parseYaml } from './yaml-document.ts'
