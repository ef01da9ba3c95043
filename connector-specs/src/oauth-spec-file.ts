// An OAuth spec in a file of its own, which a flow.yaml names by `provider: ./acme.oauth.yaml`: for connectors that bring
// none, or a wrong one. `sluice specs import` writes such files.
import { readFile } from 'node:fs/promises'
import type { FoundOAuthSpec } from './find-oauth-specs.ts'
import { findOAuthSpecs, NO_OAUTH_SPEC } from './find-oauth-specs.ts'
import { SpecError } from './spec-error.ts'
import { parseYaml } from './yaml-document.ts'

/** Tells such files from provider declarations, which are called after their provider. */
export const OAUTH_SPEC_SUFFIX = '.oauth.yaml'

/** @throws SpecError `file_not_found`, `invalid_yaml`, or `invalid_connector_spec` when it holds none, or several */
export async function readOAuthSpecFile(path: string): Promise<FoundOAuthSpec> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new SpecError('file_not_found', 'There is no such OAuth spec.', { place: path, cause })
  })
  const [found, ...others] = findOAuthSpecs(parseYaml(path, text).value)
  if (found === undefined) throw new SpecError('invalid_connector_spec', NO_OAUTH_SPEC, { place: path })
  if (others.length === 0) return found
  throw new SpecError('invalid_connector_spec', 'It holds several OAuth specs: keep one.', { place: path })
}
