import { defineCommand, flag, operand, optional, repeatable } from '../command.ts'
import { listOptions, outputOptions, reportOptions } from '../output/output-options.ts'
import { serverOptions } from '../server/server-options.ts'

export const integrationsList = defineCommand({
  path: ['integrations', 'list'],
  summary: 'client registrations, and the redirect URI to register for each',
  description: 'The API key needs the scope integrations:read.',
  options: { ...listOptions, ...serverOptions },
  examples: ['integrations list', 'integrations list --json'],
  async run(options, terminal) {
    const { listIntegrations } = await import('../daily/integrations.ts')
    await listIntegrations(options, terminal)
  },
})

export const integrationsShow = defineCommand({
  path: ['integrations', 'show'],
  summary: 'one client registration, without its secret',
  description: 'The API key needs the scope integrations:read.',
  options: { id: operand('<id>', 'the integration'), ...outputOptions, ...serverOptions },
  examples: ['integrations show 019a2f0e-7c51-7c3e-9d1b-3f5a8e2b6c40'],
  async run(options, terminal) {
    const { showIntegration } = await import('../daily/integrations.ts')
    await showIntegration(options, terminal)
  },
})

export const integrationsCreate = defineCommand({
  path: ['integrations', 'create'],
  summary: 'store a client registration, and print the redirect URI for it',
  description: `The client secret is read from stdin (--client-secret-stdin) or SLUICE_CLIENT_SECRET; on a terminal it is asked
for. A public client (--public) has none.

What has no option of its own stands in a JSON file (--file), in the words of POST /v1/integrations: signing keys,
certificates, return URLs, brand. Options come before what the file says. The API key needs the scope
integrations:write.`,
  options: {
    connector: operand('<connector>', 'the connector that it is for'),
    clientId: optional('<id>', 'the client id registered at the provider'),
    clientSecretStdin: flag('read the client secret from stdin'),
    public: flag('a client without a secret'),
    name: optional('<text>', 'what people see; else the connector’s title'),
    issuer: optional('<url>', 'the provider’s issuer identifier'),
    scope: repeatable('<scope>', 'a scope to ask for; may be given several times'),
    file: optional('<file>', 'further fields as JSON'),
    ...outputOptions,
    ...serverOptions,
  },
  examples: [
    'integrations create source-crm --client-id 0oa7 --client-secret-stdin < secret.txt',
    'integrations create source-crm --client-id 0oa7 --scope crm.read,crm.write',
    'integrations create source-crm --file integration.json --public',
  ],
  async run(options, terminal) {
    const { createIntegration } = await import('../daily/create-integration.ts')
    await createIntegration(options, terminal)
  },
})

export const integrationsChange = defineCommand({
  path: ['integrations', 'change'],
  summary: 'change a client registration, such as its secret',
  description: `A new client secret is read from stdin and takes the old one's place at once; connections stay. Everything else
stands in a JSON file, in the words of PATCH /v1/integrations. The API key needs the scope integrations:write.`,
  options: {
    id: operand('<id>', 'the integration'),
    clientSecretStdin: flag('read a new client secret from stdin'),
    name: optional('<text>', 'its new name'),
    file: optional('<file>', 'further fields as JSON'),
    ...outputOptions,
    ...serverOptions,
  },
  examples: [
    'integrations change 019a2f0e-7c51-7c3e-9d1b-3f5a8e2b6c40 --client-secret-stdin < secret.txt',
    'integrations change 019a2f0e-7c51-7c3e-9d1b-3f5a8e2b6c40 --file changes.json',
  ],
  async run(options, terminal) {
    const { changeIntegration } = await import('../daily/change-integration.ts')
    await changeIntegration(options, terminal)
  },
})

export const integrationsDelete = defineCommand({
  path: ['integrations', 'delete'],
  summary: 'remove a client registration',
  description: 'Asks first, unless --yes is given. The API key needs the scope integrations:write.',
  options: { id: operand('<id>', 'the integration'), yes: flag('do not ask'), ...reportOptions, ...serverOptions },
  examples: ['integrations delete 019a2f0e-7c51-7c3e-9d1b-3f5a8e2b6c40 --yes'],
  async run(options, terminal) {
    const { deleteIntegration } = await import('../daily/change-integration.ts')
    await deleteIntegration(options, terminal)
  },
})
