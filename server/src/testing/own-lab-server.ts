// A server whose provider is a lab of the test's own, by a declaration, with connectors that take their time over its tokens.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { consent, type Lab, type LabOptions, startLab } from '@sluice/lab'
import type { RunLimits } from '../runs/run-worker.ts'
import { createLink, startAuthorization } from './connect-story.ts'
import { defer } from './defer.ts'
import { temporaryDirectory } from './temporary-directory.ts'
import { createTestBrowser, readJson } from './test-browser.ts'
import { startTestServer, type TestServer } from './test-server.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const PATIENT = here('connectors/patient.ts')
const PATIENT_IN_PYTHON = here('connectors/patient/')
const TAP = here('../../../lab/connectors/singer-tap-lab/singer-tap-lab.ts')
const SOURCE = here('../../../lab/connectors/source-lab/source-lab.ts')
const AIRBYTE_SOURCE = here('../../../lab/connectors/airbyte-source-lab/airbyte-source-lab.ts')
const LAB_SOURCE = here('../../../lab/connectors/source-lab/flow.yaml')
const SAMPLE = here('../../../lab/connectors/singer-tap-lab/sample-config.json')

export type OwnLabServer = TestServer & { own: Lab }

interface MoreOptions {
  /** How long a patient connector works. */
  seconds?: number
  /** An address that the patient tap asks before and after it rotates. */
  gate?: string
  run_limits?: Partial<RunLimits>
}

/** Connectors whose OAuth a provider declaration says: `patient-<protocol>`, and a tap that rotates at every start. */
export async function startServerWith(
  t: TestContext,
  options: LabOptions,
  more: MoreOptions = {},
): Promise<OwnLabServer> {
  const { seconds = 20, gate = '', run_limits } = more
  const own = await startLab(options)
  defer(t, () => own.close())
  const directory = temporaryDirectory(t)
  const declaration = {
    provider: 'acme',
    title: 'Acme',
    issuer: own.origin,
    scopes: { default: ['customers:read', 'orders:read', 'offline_access'] },
    authorization: { parameters: { prompt: 'consent' } },
    grants: { authorization_code: {}, refresh_token: {} },
    refresh_tokens: { rotation: 'always' },
  }
  writeFileSync(join(directory, 'acme.yaml'), JSON.stringify(declaration))
  const env = { LAB_ORIGIN: own.origin, PATIENT_SECONDS: String(seconds), PATIENT_GATE: gate }
  const endpoint = (protocol: string, command: string[], more = {}) => ({
    endpoint: { local: { protocol, command: [process.execPath, ...command], env, provider: './acme.yaml', ...more } },
  })
  const inPython = (protocol: string, script: string, more = {}) =>
    endpoint(protocol, [], { command: ['python3', join(PATIENT_IN_PYTHON, script)], ...more })
  const credentials = { type: 'object', 'x-oauth2-provider': 'acme', properties: { access_token: { type: 'string' } } }
  const captures = {
    'acme/patient-flow': endpoint('flow', [PATIENT, 'flow']),
    'acme/patient-airbyte': endpoint('airbyte', [PATIENT, 'airbyte']),
    'acme/patient-singer': endpoint('singer', [PATIENT, 'singer']),
    'acme/patient-devlake': inPython('devlake', 'devlake_plugin.py'),
    'acme/patient-tightlock': inPython('tightlock', 'tightlock_source.py'),
    'acme/patient-environment': inPython('environment', 'export.py', {
      configSchema: { title: 'Patient', type: 'object', properties: { credentials } },
    }),
    'acme/flow-lab': endpoint('flow', [SOURCE]),
    'acme/flow-lab-protobuf': endpoint('flow', [SOURCE], { protobuf: true }),
    'acme/airbyte-lab': endpoint('airbyte', [AIRBYTE_SOURCE]),
    'acme/rotating-tap': endpoint('singer', [TAP], { sampleConfig: SAMPLE }),
  }
  const path = join(directory, 'flow.yaml')
  writeFileSync(path, JSON.stringify({ captures }))
  const server = await startTestServer(t, {
    connectors: [LAB_SOURCE, path],
    connector_env: env,
    ...(run_limits && { run_limits }),
  })
  return { ...server, own }
}

export async function connectTo(server: OwnLabServer, connector_id: string, config = {}): Promise<string> {
  const { client_id, client_secret } = server.own.addClient()
  const registration = { connector_id, client_id, client_secret }
  const { body: integration } = await server.api('POST', '/v1/integrations', registration)
  server.own.addClient({ client_id, client_secret, redirect_uris: [integration.redirect_uri] })
  const link = await createLink(server, { connector_id, integration_id: integration.id })
  const browser = createTestBrowser(server.base_url)
  const url = await startAuthorization(browser, link, config)
  const response = await browser.open(await consent(url, { decision: 'allow' }))
  assert.equal(response.status, 303, await response.text())
  return (await readJson(await browser.open(`${link.path}/session`))).connection.id
}
