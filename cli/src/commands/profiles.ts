import { defineCommand, operand } from '../command.ts'
import { outputOptions, reportOptions } from '../output/output-options.ts'

export const profilesList = defineCommand({
  path: ['profiles', 'list'],
  summary: 'the logins of this machine',
  description: 'Prints names and servers, never a key.',
  options: outputOptions,
  examples: ['profiles list', 'profiles list --json'],
  async run(options, terminal) {
    const { listProfiles } = await import('../profiles/list-profiles.ts')
    await listProfiles(options, terminal)
  },
})

export const profilesUse = defineCommand({
  path: ['profiles', 'use'],
  summary: 'choose the login that is used where none is named',
  description: '--profile and SLUICE_PROFILE still come first.',
  options: { name: operand('<name>', 'the login'), ...reportOptions },
  examples: ['profiles use staging'],
  async run(options, terminal) {
    const { chooseProfile } = await import('../profiles/list-profiles.ts')
    await chooseProfile(options, terminal)
  },
})
