import { InvalidArgumentError } from 'commander'
import { defineCommand, flag, operand, optional, repeatable } from '../command.ts'
import { days } from '../option-values.ts'
import { listOptions, outputOptions, reportOptions } from '../output/output-options.ts'
import { serverOptions } from '../server/server-options.ts'

const id = operand('<id>', 'the key’s id: the twelve characters after `sluice_`')
const expires = optional('<duration>', 'how long the key is good for, such as 12h or 90d; for ever unless given', {
  parse: days,
})

export const apiKeysList = defineCommand({
  path: ['api-keys', 'list'],
  summary: 'API keys of the tenant: what they may do, and when they were last used',
  description: 'A key’s text is never shown again. The API key of the login needs the scope api_keys:read.',
  options: { ...listOptions, ...serverOptions },
  examples: ['api-keys list', 'api-keys list --json'],
  async run(options, terminal) {
    const { listApiKeys } = await import('../daily/api-keys.ts')
    await listApiKeys(options, terminal)
  },
})

export const apiKeysShow = defineCommand({
  path: ['api-keys', 'show'],
  summary: 'one API key',
  description: 'The API key of the login needs the scope api_keys:read.',
  options: { id, ...outputOptions, ...serverOptions },
  examples: ['api-keys show 5hTq0WzYb3Kd'],
  async run(options, terminal) {
    const { showApiKey } = await import('../daily/api-keys.ts')
    await showApiKey(options, terminal)
  },
})

export const apiKeysCreate = defineCommand({
  path: ['api-keys', 'create'],
  summary: 'make an API key and print it',
  description: `The key is the one line on stdout, shown this once: only its hash is kept. It gets no more scopes than the
login's own key has, which needs api_keys:write.`,
  options: {
    name: operand('<name>', 'what it is for'),
    scope: repeatable('<scope>', 'what it may do, such as connections:read; may be given several times'),
    expiresIn: expires,
    json: flag('print the key with what it may do as one JSON line'),
    quiet: flag('print the key and tell nothing else'),
    ...serverOptions,
  },
  examples: [
    'api-keys create ci --scope connections:read,runs:write --expires-in 90d',
    'api-keys create ops --scope admin | sluice login --profile ops --api-key-stdin',
  ],
  async run(options, terminal) {
    const { createApiKey } = await import('../daily/api-keys.ts')
    await createApiKey(options, terminal)
  },
})

export const apiKeysRotate = defineCommand({
  path: ['api-keys', 'rotate'],
  summary: 'make a key that takes another one’s place, and print it',
  description: `The old key goes on working for --overlap, so that nothing breaks while the new one is brought where it is used.
The API key of the login needs the scope api_keys:write.`,
  options: {
    id,
    overlap: optional('<hours>', 'for how many hours the old key goes on working', {
      parse: (text) => {
        const hours = Number(text)
        if (text !== '' && Number.isInteger(hours) && hours >= 0) return hours
        throw new InvalidArgumentError('Write a whole number of hours.')
      },
    }),
    expiresIn: expires,
    json: flag('print the key with what it may do as one JSON line'),
    quiet: flag('print the key and tell nothing else'),
    ...serverOptions,
  },
  examples: ['api-keys rotate 5hTq0WzYb3Kd', 'api-keys rotate 5hTq0WzYb3Kd --overlap 0'],
  async run(options, terminal) {
    const { rotateApiKey } = await import('../daily/api-keys.ts')
    await rotateApiKey(options, terminal)
  },
})

export const apiKeysRevoke = defineCommand({
  path: ['api-keys', 'revoke'],
  summary: 'end an API key at once',
  description:
    'Asks first, unless --yes is given. The API key of the login needs the scope api_keys:write; it may end itself.',
  options: { id, yes: flag('do not ask'), ...reportOptions, ...serverOptions },
  examples: ['api-keys revoke 5hTq0WzYb3Kd', 'api-keys revoke 5hTq0WzYb3Kd --yes'],
  async run(options, terminal) {
    const { revokeApiKey } = await import('../daily/api-keys.ts')
    await revokeApiKey(options, terminal)
  },
})
