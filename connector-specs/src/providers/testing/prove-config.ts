import assert from 'node:assert/strict'
import type { ProviderDeclaration } from '@sluice/oauth'
import { compileSchema } from '../../compile-schema.ts'
import { providerConfigSchema } from '../provider-config-schema.ts'

/** What the form asks the person for. */
export function proveConfig(mutable: ProviderDeclaration, declared: ProviderDeclaration): void {
  const validator = compileSchema(providerConfigSchema(mutable))
  for (const config of configsOf(declared)) assert.deepEqual(validator.validate(config), [])
  for (const [name, field] of Object.entries(declared.config)) {
    const [config = {}] = configsOf(declared)
    for (const value of field.enum ?? []) assert.deepEqual(validator.validate({ ...config, [name]: value }), [])
    const { [name]: _left, ...without } = config
    const mayBeLeftOut = field.optional || field.default !== undefined
    assert.equal(validator.validate(without).length === 0, mayBeLeftOut)
    if (field.enum) assert.notDeepEqual(validator.validate({ ...config, [name]: 'none of them' }), [])
  }
}

/** Every field filled in; and, where some may be left out, without those. */
export function configsOf({ config }: ProviderDeclaration): Record<string, string>[] {
  const fields = Object.entries(config)
  const filled = fields.map(([name, field]) => [name, field.example ?? field.enum?.at(-1) ?? 'acme'] as const)
  const needed = filled.filter(([name]) => !config[name]?.optional && config[name]?.default === undefined)
  const all = Object.fromEntries(filled)
  return needed.length === filled.length ? [all] : [all, Object.fromEntries(needed)]
}
