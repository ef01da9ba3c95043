import type { Command } from '../command.ts'
import { apiKeysCreate, apiKeysList, apiKeysRevoke, apiKeysRotate, apiKeysShow } from './api-keys.ts'
import { auditVerify } from './audit-verify.ts'
import { completionBash } from './completion-bash.ts'
import { completionFish } from './completion-fish.ts'
import { completionZsh } from './completion-zsh.ts'
import { configDecrypt } from './config-decrypt.ts'
import { configEdit } from './config-edit.ts'
import { configEncrypt } from './config-encrypt.ts'
import { connect } from './connect.ts'
import {
  connectionsCredentials,
  connectionsDelete,
  connectionsExport,
  connectionsHistory,
  connectionsList,
  connectionsRefresh,
  connectionsRepair,
  connectionsShow,
  connectionsTest,
} from './connections.ts'
import { connectorBuild } from './connector-build.ts'
import { connectorNew } from './connector-new.ts'
import { connectorPull } from './connector-pull.ts'
import { connectorTest } from './connector-test.ts'
import { connectorsList, connectorsShow } from './connectors.ts'
import { doctor } from './doctor.ts'
import { eventsList, eventsRedeliver } from './events.ts'
import {
  integrationsChange,
  integrationsCreate,
  integrationsDelete,
  integrationsList,
  integrationsShow,
} from './integrations.ts'
import { keysRotate } from './keys-rotate.ts'
import { keysStatus } from './keys-status.ts'
import { labStart } from './lab-start.ts'
import { login, logout } from './login.ts'
import { profilesList, profilesUse } from './profiles.ts'
import { rawCapture } from './raw-capture.ts'
import { rawCheck } from './raw-check.ts'
import { rawDiscover } from './raw-discover.ts'
import { rawMaterializeFixture } from './raw-materialize-fixture.ts'
import { rawOauth } from './raw-oauth.ts'
import { rawPreview } from './raw-preview.ts'
import { rawRead } from './raw-read.ts'
import { rawSpec } from './raw-spec.ts'
import { rawValidate } from './raw-validate.ts'
import { runsCancel, runsDocuments, runsList, runsLogs, runsShow, runsStart, runsWatch } from './runs.ts'
import { specsImport } from './specs-import.ts'
import { specsLint } from './specs-lint.ts'
import { tenantsCreate, tenantsDelete, tenantsList, tenantsRename, tenantsShow } from './tenants.ts'
import {
  webhooksCreate,
  webhooksDelete,
  webhooksDeliveries,
  webhooksList,
  webhooksShow,
  webhooksTest,
} from './webhooks.ts'

export const GROUPS: Record<string, string> = {
  raw: 'One operation of a connector on this machine, for who develops it. Needs no server.',
  config: 'Endpoint configs with encrypted secrets, in the format of sops.',
  connectors: 'The connectors that a server offers.',
  connections: 'What people connected, and how it is.',
  runs: 'Connectors at work on the server.',
  integrations: 'Client registrations at providers.',
  events: 'What happened to connections and runs.',
  webhooks: 'Where events are sent to.',
  tenants: 'Who shares the server.',
  'api-keys': 'Who may call the server, and for what.',
  profiles: 'The logins of this machine.',
  audit: 'What the server recorded of what was done and revealed.',
  connector: 'Connectors as code: make one, try it, take one over from elsewhere.',
  keys: 'The server’s encryption keys.',
  lab: 'A provider on this machine, to try things with.',
  specs: 'OAuth specs as files: what is wrong with them, and how to take over others.',
  completion: 'Completion scripts for shells.',
}

/** Every command of the program: a new one is a file beside this and a line here. */
export const COMMANDS: readonly Command[] = [
  rawOauth,
  rawSpec,
  rawDiscover,
  rawCheck,
  rawValidate,
  rawCapture,
  rawPreview,
  rawRead,
  rawMaterializeFixture,
  configEncrypt,
  configDecrypt,
  configEdit,
  connectorNew,
  connectorTest,
  connectorBuild,
  connectorPull,
  labStart,
  specsLint,
  specsImport,
  connectorsList,
  connectorsShow,
  integrationsList,
  integrationsShow,
  integrationsCreate,
  integrationsChange,
  integrationsDelete,
  connect,
  connectionsList,
  connectionsShow,
  connectionsHistory,
  connectionsTest,
  connectionsRepair,
  connectionsRefresh,
  connectionsCredentials,
  connectionsExport,
  connectionsDelete,
  runsStart,
  runsWatch,
  runsList,
  runsShow,
  runsLogs,
  runsDocuments,
  runsCancel,
  eventsList,
  eventsRedeliver,
  webhooksList,
  webhooksShow,
  webhooksCreate,
  webhooksTest,
  webhooksDelete,
  webhooksDeliveries,
  tenantsList,
  tenantsShow,
  tenantsCreate,
  tenantsRename,
  tenantsDelete,
  apiKeysList,
  apiKeysShow,
  apiKeysCreate,
  apiKeysRotate,
  apiKeysRevoke,
  doctor,
  login,
  logout,
  profilesList,
  profilesUse,
  auditVerify,
  keysRotate,
  keysStatus,
  completionBash,
  completionZsh,
  completionFish,
]
