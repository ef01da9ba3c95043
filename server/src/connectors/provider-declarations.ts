// What is declared of the providers that connectors name: the operator's own files first, then those that come with
// Sluice.
import { join } from 'node:path'
import { listProviders, loadProvider, PROVIDERS_DIRECTORY } from '@sluice/connector-specs'
import { type OAuthPlan, withDeclaredBehaviour } from '@sluice/oauth'

export interface ProviderDeclarations {
  /** The plan with what its provider's declaration says beyond it; as it was where there is none. */
  complete(plan: OAuthPlan): Promise<OAuthPlan>
}

/** @throws SpecError with file, line and column, when a directory of the operator's holds a declaration that is wrong */
export async function loadProviderDeclarations(
  directories: string[],
  options: { allow_loopback: boolean },
): Promise<ProviderDeclarations> {
  const paths = new Map<string, string>()
  for (const directory of [PROVIDERS_DIRECTORY, ...directories]) {
    for (const name of await listProviders(directory)) paths.set(name, join(directory, `${name}.yaml`))
  }
  const own = [...paths.values()].filter((path) => !path.startsWith(PROVIDERS_DIRECTORY))
  for (const path of own) await loadProvider(path, options)

  return {
    async complete(plan) {
      const path = paths.get(plan.provider)
      if (path === undefined) return plan
      const declared = await loadProvider(path, options)
      return declared.protocol === 'oauth2' ? withDeclaredBehaviour(plan, declared.plan) : plan
    },
  }
}
