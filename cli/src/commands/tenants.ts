import { defineCommand, flag, operand } from '../command.ts'
import { listOptions, outputOptions, reportOptions } from '../output/output-options.ts'
import { serverOptions } from '../server/server-options.ts'

const id = operand('<id>', 'the tenant')

export const tenantsList = defineCommand({
  path: ['tenants', 'list'],
  summary: 'the tenants of the server',
  description: 'The API key needs the scope admin.',
  options: { ...listOptions, ...serverOptions },
  examples: ['tenants list', 'tenants list --quiet'],
  async run(options, terminal) {
    const { listTenants } = await import('../daily/tenants.ts')
    await listTenants(options, terminal)
  },
})

export const tenantsShow = defineCommand({
  path: ['tenants', 'show'],
  summary: 'one tenant',
  description: 'The API key needs the scope admin.',
  options: { id, ...outputOptions, ...serverOptions },
  examples: ['tenants show 019a2f0e-7c51-7c3e-9d1b-3f5a8e2b6c40'],
  async run(options, terminal) {
    const { showTenant } = await import('../daily/tenants.ts')
    await showTenant(options, terminal)
  },
})

export const tenantsCreate = defineCommand({
  path: ['tenants', 'create'],
  summary: 'make a tenant, and print its first API key',
  description: 'The key is shown this once: only its hash is kept. The API key of the login needs the scope admin.',
  options: {
    name: operand('<name>', 'what to call the tenant'),
    json: flag('print tenant and key as one JSON line'),
    quiet: flag('print the key alone'),
    ...serverOptions,
  },
  examples: ['tenants create "Acme"', 'tenants create "Acme" --json | jq -r .api_key.key'],
  async run(options, terminal) {
    const { createTenant } = await import('../daily/tenants.ts')
    await createTenant(options, terminal)
  },
})

export const tenantsRename = defineCommand({
  path: ['tenants', 'rename'],
  summary: 'give a tenant another name',
  description: 'The API key needs the scope admin.',
  options: { id, name: operand('<name>', 'its new name'), ...outputOptions, ...serverOptions },
  examples: ['tenants rename 019a2f0e-7c51-7c3e-9d1b-3f5a8e2b6c40 "Acme Ltd"'],
  async run(options, terminal) {
    const { renameTenant } = await import('../daily/tenants.ts')
    await renameTenant(options, terminal)
  },
})

export const tenantsDelete = defineCommand({
  path: ['tenants', 'delete'],
  summary: 'remove a tenant with all that it has',
  description: `A tenant that has connections is kept, unless --with-connections is given. Asks first, unless --yes is given. The API key
needs the scope admin.`,
  options: {
    id,
    withConnections: flag('also when it has connections; they go with it'),
    yes: flag('do not ask'),
    ...reportOptions,
    ...serverOptions,
  },
  examples: ['tenants delete 019a2f0e-7c51-7c3e-9d1b-3f5a8e2b6c40 --with-connections --yes'],
  async run(options, terminal) {
    const { deleteTenant } = await import('../daily/tenants.ts')
    await deleteTenant(options, terminal)
  },
})
