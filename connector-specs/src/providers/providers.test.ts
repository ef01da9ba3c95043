import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { listProviders, loadProvider, PROVIDERS_DIRECTORY } from './load-provider.ts'
import { mutationsOf } from './testing/mutate.ts'
import { proveProvider } from './testing/prove-provider.ts'

for (const name of await listProviders()) {
  const { source } = await loadProvider(join(PROVIDERS_DIRECTORY, `${name}.yaml`))

  test(`${name}: the engine passes a strict stand-in derived from the declaration`, () => {
    proveProvider(source)
  })

  test(`${name}: changing any one field of the declaration is caught`, () => {
    const mutations = mutationsOf(source)
    assert.ok(mutations.length >= 5)
    const survivors = mutations.filter((mutation) => {
      try {
        proveProvider(mutation.source, source)
        return true
      } catch {
        return false
      }
    })
    assert.deepEqual(
      survivors.map(({ place }) => place),
      [],
    )
  })
}
