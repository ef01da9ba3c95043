import { InvalidArgumentError } from 'commander'
import { defineCommand, flag, operand, optional } from '../command.ts'
import { dataOptions, listOptions, outputOptions, reportOptions } from '../output/output-options.ts'
import { serverOptions } from '../server/server-options.ts'
import { invitationOptions } from './connect.ts'

const id = operand('<id>', 'the connection')
const ID = '019a2f0e-7c51-7c3e-9d1b-3f5a8e2b6c40'
const REVOCATIONS = ['all', 'none'] as const
const STATUSES = ['healthy', 'needs_reauthorization', 'failing', 'disabled'] as const

export const connectionsList = defineCommand({
  path: ['connections', 'list'],
  summary: 'connections, and how they are',
  description: 'The API key needs the scope connections:read.',
  options: {
    status: optional('<status>', `only those that are ${STATUSES.join(', ')}`, {
      parse: (text) => {
        const status = STATUSES.find((known) => known === text)
        if (status !== undefined) return status
        throw new InvalidArgumentError(`Write one of ${STATUSES.join(', ')}.`)
      },
    }),
    connector: optional('<id>', 'only those of this connector'),
    integration: optional('<id>', 'only those of this integration'),
    user: optional('<id>', 'only those of this person'),
    ...listOptions,
    ...serverOptions,
  },
  examples: [
    'connections list',
    'connections list --status needs_reauthorization',
    'connections list --quiet | xargs -n1 sluice connections test',
  ],
  async run(options, terminal) {
    const { listConnections } = await import('../daily/connections/read-connections.ts')
    await listConnections(options, terminal)
  },
})

export const connectionsShow = defineCommand({
  path: ['connections', 'show'],
  summary: 'one connection with its secrets masked, and what is wrong with it',
  description: 'The API key needs the scope connections:read.',
  options: { id, ...outputOptions, ...serverOptions },
  examples: [`connections show ${ID}`, `connections show ${ID} --json | jq .problems`],
  async run(options, terminal) {
    const { showConnection } = await import('../daily/connections/read-connections.ts')
    await showConnection(options, terminal)
  },
})

export const connectionsHistory = defineCommand({
  path: ['connections', 'history'],
  summary: 'what happened to a connection',
  description: 'The API key needs the scope connections:read.',
  options: { id, ...listOptions, ...serverOptions },
  examples: [`connections history ${ID}`],
  async run(options, terminal) {
    const { showHistory } = await import('../daily/connections/read-connections.ts')
    await showHistory(options, terminal)
  },
})

export const connectionsTest = defineCommand({
  path: ['connections', 'test'],
  summary: 'try a connection: its config, its grant, its connector',
  description: 'Ends with 11 when it does not pass. The API key needs the scope connections:write.',
  options: { id, ...outputOptions, ...serverOptions },
  examples: [`connections test ${ID}`, `connections test ${ID} --json`],
  async run(options, terminal) {
    const { testConnection } = await import('../daily/connections/test-connection.ts')
    await testConnection(options, terminal)
  },
})

export const connectionsRepair = defineCommand({
  path: ['connections', 'repair'],
  summary: 'invite the person to authorize a connection anew, in place',
  description: 'As `connect --connection`: the connection keeps its id. The API key needs connect_sessions:write.',
  options: { id, ...invitationOptions },
  examples: [`connections repair ${ID}`, `connections repair ${ID} --no-wait`],
  async run({ id, ...options }, terminal) {
    const { connect } = await import('../daily/connect/connect.ts')
    const unset = { connector: undefined, integration: undefined, user: undefined, email: undefined }
    await connect({ ...options, ...unset, connection: id }, terminal)
  },
})

export const connectionsRefresh = defineCommand({
  path: ['connections', 'refresh'],
  summary: 'refresh a connection’s grant now',
  description: 'The API key needs the scope connections:write.',
  options: { id, ...reportOptions, ...serverOptions },
  examples: [`connections refresh ${ID}`],
  async run(options, terminal) {
    const { refreshConnection } = await import('../daily/connections/change-connections.ts')
    await refreshConnection(options, terminal)
  },
})

const revealOptions = {
  showSecrets: flag('print the secrets as they are'),
  output: optional('<file>', 'write them to a file that you alone may read'),
}

export const connectionsCredentials = defineCommand({
  path: ['connections', 'credentials'],
  summary: 'fresh credentials of a connection, masked unless asked for',
  description: `One line of JSON. Reading them is recorded in the audit log whether they are shown or not. The API key needs the
scope credentials:read.`,
  options: { id, ...revealOptions, ...dataOptions, ...serverOptions },
  examples: [
    `connections credentials ${ID}`,
    `connections credentials ${ID} --output credentials.json`,
    `connections credentials ${ID} --show-secrets | jq -r .access_token`,
  ],
  async run(options, terminal) {
    const { readCredentials } = await import('../daily/connections/reveal.ts')
    await readCredentials(options, terminal)
  },
})

export const connectionsExport = defineCommand({
  path: ['connections', 'export'],
  summary: 'hand a connection over: config and tokens, once',
  description: `The connection rests here as disabled afterwards, because two that refresh one grant end it; --keep-refreshing leaves
it at work, and then what was exported may only be read. Asks first, unless --yes is given. The API key needs the
scopes credentials:read and connections:write.`,
  options: {
    id,
    ...revealOptions,
    keepRefreshing: flag('leave the connection at work here'),
    yes: flag('do not ask'),
    ...dataOptions,
    ...serverOptions,
  },
  examples: [`connections export ${ID} --output connection.json`],
  async run(options, terminal) {
    const { exportConnection } = await import('../daily/connections/reveal.ts')
    await exportConnection(options, terminal)
  },
})

export const connectionsDelete = defineCommand({
  path: ['connections', 'delete'],
  summary: 'end a connection, and revoke its tokens at the provider',
  description: `Asks first, unless --yes is given. Where that would end other connections of the same account, the server refuses and
names them, until --revoke says what is wanted. The API key needs the scope connections:write.`,
  options: {
    id,
    revoke: optional('<which>', 'all: end what ends with it; none: leave its tokens alone at the provider', {
      parse: (text) => {
        const which = REVOCATIONS.find((known) => known === text)
        if (which !== undefined) return which
        throw new InvalidArgumentError(`Write one of ${REVOCATIONS.join(', ')}.`)
      },
    }),
    yes: flag('do not ask'),
    ...reportOptions,
    ...serverOptions,
  },
  examples: [`connections delete ${ID}`, `connections delete ${ID} --yes`, `connections delete ${ID} --revoke none`],
  async run(options, terminal) {
    const { deleteConnection } = await import('../daily/connections/change-connections.ts')
    await deleteConnection(options, terminal)
  },
})
