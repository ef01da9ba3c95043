// Provider declarations: connector-specs/providers/*.yaml, one file each, named after the provider.
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  type CompiledProvider,
  compileProvider,
  isJsonObject,
  type JsonObject,
  OAuthError,
  type ProviderDeclaration,
  providerDeclaration,
  type UrlPolicy,
} from '@sluice/oauth'
import { SpecError } from '../spec-error.ts'
import { parseYaml, type YamlDocument } from '../yaml-document.ts'
import { mergeDeclarations } from './merge-declarations.ts'

/** The declarations that come with Sluice. */
export const PROVIDERS_DIRECTORY = fileURLToPath(new URL('../../providers', import.meta.url))

/** A provider as declared, its alias resolved, and what it compiles to: `protocol` tells which kind of plan. */
export type Provider = CompiledProvider & {
  declaration: ProviderDeclaration
  /** The declaration as written, with everything inherited, before defaults are filled in. */
  source: JsonObject
}

const MAX_ALIASES = 8

/** The names of the providers in a directory, sorted. */
export async function listProviders(directory: string = PROVIDERS_DIRECTORY): Promise<string[]> {
  const files = await readdir(directory)
  return files
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -'.yaml'.length))
    .sort()
}

/**
 * Reads a declaration file, with what its alias inherits from files beside it. `options` is the egress policy.
 *
 * @throws SpecError `file_not_found`, `invalid_yaml` or `invalid_provider`, at the line at fault: of this file, or of the
 *   one that the value is inherited from.
 */
export async function loadProvider(path: string, options: Partial<UrlPolicy> = {}): Promise<Provider> {
  const chain = await readChain(path)
  const source = merged(chain)
  try {
    return { ...compileProvider(source, options), declaration: providerDeclaration.parse(source), source }
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error
    const { pointer = '', message = error.message } = error.findings[0] ?? {}
    const rest = error.findings.length > 1 ? ` (and ${error.findings.length - 1} more findings)` : ''
    throw new SpecError('invalid_provider', `${pointer === '' ? 'the declaration' : pointer} ${message}${rest}.`, {
      place: placeOf(chain, pointer),
      cause: error,
    })
  }
}

/** A declaration with what its alias inherits, as written. @throws SpecError as `loadProvider` does */
export async function readDeclaration(path: string): Promise<JsonObject> {
  return merged(await readChain(path))
}

function merged(chain: DeclarationFile[]): JsonObject {
  return chain
    .map(({ yaml }) => yaml.value as JsonObject) // seen to be objects by `readChain`
    .reduceRight((inherited, own) => mergeDeclarations(inherited, own))
}

interface DeclarationFile {
  path: string
  yaml: YamlDocument
}

/** The file and, outwards, the ones it is an alias of. */
async function readChain(path: string): Promise<DeclarationFile[]> {
  const chain: DeclarationFile[] = []
  let next: string | null = path
  while (next !== null) {
    const yaml = parseYaml(next, await readFileOf(next, chain.at(-1)))
    const refuse = (field: string, reason: string) =>
      new SpecError('invalid_provider', `${field} ${reason}.`, { place: yaml.placeOf([field]) })
    if (!isJsonObject(yaml.value)) throw refuse('the file', 'is no provider declaration')
    const { provider, alias_of } = yaml.value
    if (join(dirname(next), `${provider}.yaml`) !== join(next)) throw refuse('provider', 'must be the name of the file')
    chain.push({ path: next, yaml })
    if (chain.length > MAX_ALIASES) throw refuse('alias_of', 'leads in a circle')
    next = typeof alias_of === 'string' ? join(dirname(next), `${alias_of}.yaml`) : null
  }
  return chain
}

async function readFileOf(path: string, from: DeclarationFile | undefined): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    const place = from?.yaml.placeOf(['alias_of']) ?? path
    throw new SpecError('file_not_found', 'There is no such provider declaration.', { place, cause })
  }
}

/** Where the value at `pointer` was written last: the outermost file that has it, else the file itself. */
function placeOf(chain: DeclarationFile[], pointer: string): string | null {
  const path = pointer
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
  const owner = chain.find(({ yaml }) => has(yaml.value, path)) ?? chain[0]
  return owner?.yaml.placeOf(path) ?? null
}

function has(value: unknown, path: string[]): boolean {
  const [step, ...rest] = path
  if (step === undefined) return true
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return false
  return has((value as Record<string, unknown>)[step], rest)
}
