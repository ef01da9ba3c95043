import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { JsonObject } from '@sluice/oauth'
import type { FlowCapture, FlowSource, ProtocolName } from './flow-source.ts'
import { isJsonObject } from './json-object.ts'
import { parseText } from './parse-text.ts'
import { placeSecrets } from './place-secrets.ts'
import { PROVIDERS_DIRECTORY } from './providers/load-provider.ts'
import type { KeySources } from './sops/data-key.ts'
import { type UnsealedConfig, unsealConfig } from './sops/unseal-config.ts'
import { SpecError } from './spec-error.ts'
import { parseTaskClient, type TaskClient } from './task-client.ts'

/** One capture of a flow.yaml, ready to be launched. */
export interface ConnectorTask {
  /** The capture's full name, such as `lab/source-lab`. */
  name: string
  protocol: ProtocolName
  /** It takes documents: its bindings' targets are the collections that it is fed from. */
  destination?: true
  command: string[]
  /**
   * The image of a connector that a container runtime starts. `cwd` is then the image's own, and `command` what takes
   * the place of its entrypoint; empty where nothing does.
   */
  image?: string
  /** Absolute: the directory of the flow.yaml. */
  cwd: string
  env: Record<string, string>
  config: JsonObject
  /** `sops.overlay` of an encrypted config; apply it with the connector's schema (`applyOverlay`). */
  config_overlay: JsonObject | null
  /** Absolute path of the file that holds the config; null where it stands in the flow.yaml. */
  config_path: string | null
  bindings: TaskBinding[]
  /** Of a destination: the collections of its bindings that the flow.yaml declares. */
  collections?: Record<string, { schema: JsonObject; key: string[] }>
  /** Path of the provider declaration by which the connector's OAuth goes; null: as its own spec says. */
  provider: string | null
  oauth_client: TaskClient | null
  /** Flow: the connector speaks protobuf; else JSON. */
  protobuf?: boolean
  /** Airbyte: a declarative manifest, relative to `cwd`. */
  manifest?: string
  /** Hosts that it may talk to; none when empty; absent when nothing is declared. */
  hosts?: string[]
  /** Singer: the option by which a tap takes its catalog. */
  catalog_argument?: 'catalog' | 'properties'
  /** Singer, environment: a config from which the schema is inferred. */
  sample_config?: JsonObject
  /** Environment: the schema of the variables. */
  variables_schema?: JsonObject
  /** DevLake: leave to give secrets by the command line. */
  secrets_in_arguments?: boolean
}

export interface TaskBinding {
  resource: JsonObject
  /** The collection. */
  target: string
  disable: boolean
  /** Of a destination: which fields of the documents it gets. */
  fields?: { recommended?: boolean | number; require?: Record<string, JsonObject>; exclude?: string[] }
}

export interface TaskSelection {
  /** May be left out when the file has exactly one capture. */
  name?: string | undefined
  /** What opens a config that sops encrypted; null leaves the config unread, for who only wants to launch. */
  keys: KeySources | null
  /** Path of the file with the values of the endpoint's `secrets`; sops may have encrypted it. Null does without them. */
  secrets?: string | null | undefined
}

/**
 * Takes one capture out of a flow.yaml, reading the config and OAuth client files that it names.
 *
 * @throws SpecError `unknown_task`, `unsupported_endpoint`, `file_not_found`, `invalid_config_file` or
 *   `invalid_oauth_client`; SopsError where an encrypted config does not open
 */
export async function selectTask(source: FlowSource, selection: TaskSelection): Promise<ConnectorTask> {
  const { keys } = selection
  const name = selection.name ?? onlyTask(source)
  const capture = Object.hasOwn(source.captures, name) ? source.captures[name] : undefined
  if (!capture) {
    throw new SpecError('unknown_task', `There is no capture named ${name}. ${listed(source)}`, { place: source.path })
  }
  const { kind, endpoint } = endpointOf(source, name, capture)
  const at = (...path: string[]) => source.placeOf(['captures', name, 'endpoint', kind, ...path])
  const { directory } = source.fileOf(name)
  const file = (path: string, key: string) => ({ directory, path, place: at(key) })
  const { config, overlay } =
    keys === null ? { config: {}, overlay: null } : await readConfig(directory, endpoint, { ...selection, keys, at })
  const { sampleConfig, configSchema, oauthClient, manifest } = endpoint
  return {
    name,
    protocol: endpoint.protocol,
    ...(source.isDestination(name) && { destination: true as const, collections: collectionsOf(source, capture) }),
    command: endpoint.image === undefined ? commandOf(endpoint, at('command')) : (endpoint.command ?? []),
    ...(endpoint.image !== undefined && { image: endpoint.image }),
    cwd: endpoint.image === undefined ? directory : '',
    env: endpoint.env,
    config,
    config_overlay: overlay,
    config_path: typeof endpoint.config === 'string' ? resolve(directory, endpoint.config) : null,
    bindings: capture.bindings,
    provider: endpoint.provider === undefined ? null : providerPath(directory, endpoint.provider),
    oauth_client: oauthClient ? readOAuthClient(file(oauthClient, 'oauthClient')) : null,
    ...(endpoint.protobuf && { protobuf: true }),
    ...(manifest && { manifest }),
    ...(endpoint.hosts && { hosts: endpoint.hosts }),
    ...(endpoint.catalogArgument && { catalog_argument: endpoint.catalogArgument }),
    ...(sampleConfig && { sample_config: readObject(sampleConfig, file('', 'sampleConfig')) }),
    ...(configSchema && { variables_schema: readObject(configSchema, file('', 'configSchema')) }),
    ...(endpoint.secretsInArguments && { secrets_in_arguments: true }),
  }
}

/** As Flow's read schemas refer to the schema that documents are written by. */
const WRITE_SCHEMA = 'flow://write-schema'

/**
 * The schema that documents are read by, and the key, of a collection that the flow.yaml declares; null where it declares
 * none of the name.
 */
export function readCollection(source: FlowSource, name: string): { schema: JsonObject; key: string[] } | null {
  const declared = Object.hasOwn(source.collections, name) ? source.collections[name] : undefined
  if (declared === undefined) return null
  const { directory } = source.fileOf(name, 'collections')
  const place = source.placeOf(['collections', name, 'schema'])
  const read = (schema: JsonObject | string) => readObject(schema, { directory, path: '', place })
  const { readSchema, writeSchema, schema = { type: 'object' }, key } = declared
  const written = read(writeSchema ?? schema)
  if (readSchema === undefined) return { schema: written, key }
  const { $defs = {}, ...rest } = read(readSchema)
  return { schema: { ...rest, $defs: { ...(isJsonObject($defs) && $defs), [WRITE_SCHEMA]: written } }, key }
}

function collectionsOf(source: FlowSource, { bindings }: FlowCapture) {
  const declared = bindings.map(({ target }) => [target, readCollection(source, target)] as const)
  return Object.fromEntries(declared.flatMap(([name, collection]) => (collection ? [[name, collection]] : [])))
}

/** A file that the flow.yaml names, and where it does. */
interface NamedFile {
  directory: string
  path: string
  place: string
}

/** The program by which Airbyte's CDK runs a declarative manifest; found on PATH. */
const MANIFEST_COMMAND = ['source-declarative-manifest']

function commandOf({ command, manifest }: { command?: string[]; manifest?: string }, place: string): string[] {
  if (command) return command
  if (manifest) return MANIFEST_COMMAND
  throw new SpecError('unsupported_endpoint', 'The endpoint names no program. Write `command: […]`.', { place })
}

function readObject(sample: JsonObject | string, { directory, place }: NamedFile): JsonObject {
  if (typeof sample !== 'string') return sample
  const value = parseText(sample, readText({ directory, path: sample, place }), 'invalid_config_file')
  if (isJsonObject(value)) return value
  throw new SpecError('invalid_config_file', `${sample} must hold an object.`, { place })
}

/** A declared provider by its name, or a declaration of one's own by its path. */
function providerPath(directory: string, provider: string): string {
  return /\.ya?ml$/.test(provider) ? resolve(directory, provider) : join(PROVIDERS_DIRECTORY, `${provider}.yaml`)
}

function onlyTask(source: FlowSource): string {
  const names = Object.keys(source.captures)
  if (names.length === 1 && names[0] !== undefined) return names[0]
  throw new SpecError(
    'unknown_task',
    names.length === 0
      ? 'This file has no captures. Add one under `captures:`.'
      : `This file has several captures, so name one. ${listed(source)}`,
    { place: source.path },
  )
}

function listed(source: FlowSource): string {
  const names = Object.keys(source.captures)
  return names.length === 0 ? 'The file has no captures.' : `Those in the file: ${names.join(', ')}.`
}

type Endpoint = NonNullable<FlowCapture['endpoint']['local']> & { image?: string }

function endpointOf(source: FlowSource, name: string, capture: FlowCapture): { kind: string; endpoint: Endpoint } {
  const { local, connector, ...others } = capture.endpoint
  const place = source.placeOf(['captures', name, 'endpoint'])
  const unsupported = (sentence: string) => new SpecError('unsupported_endpoint', sentence, { place })
  if (local && connector) throw unsupported('The endpoint is both `local` and `connector`. Remove one of them.')
  if (local?.protobuf && local.protocol !== 'flow') {
    throw unsupported(`Connectors of the protocol ${local.protocol} do not speak protobuf. Remove \`protobuf: true\`.`)
  }
  if (local) return { kind: 'local', endpoint: local }
  if (connector) return { kind: 'connector', endpoint: { ...connector, protobuf: false } }
  const kinds = Object.keys(others)
  throw unsupported(
    `${kinds.length > 0 ? `Unknown endpoint kind ${kinds.join(', ')}` : 'The endpoint is empty'}. ` +
      'Write `endpoint: {local: {command: […]}}`, or `endpoint: {connector: {image: …}}`.',
  )
}

interface ConfigSelection extends TaskSelection {
  keys: KeySources
  at(...path: string[]): string
}

async function readConfig(
  directory: string,
  { config, secrets: declared }: Endpoint,
  { keys, secrets: path, at }: ConfigSelection,
): Promise<UnsealedConfig> {
  const place = at('config')
  const text = typeof config === 'string' ? readText({ directory, path: config, place }) : JSON.stringify(config)
  const value = typeof config === 'string' ? parseText(config, text, 'invalid_config_file') : config
  if (!isJsonObject(value)) {
    throw new SpecError('invalid_config_file', `${String(config)} must hold an object of config fields.`, { place })
  }
  if (declared !== undefined) {
    if ('sops' in value) {
      const message = 'The config is encrypted by sops and has `secrets` besides. Keep one of the two.'
      throw new SpecError('invalid_config_file', message, { place: at('secrets') })
    }
    return { config: await placeSecrets(value, declared, { path, keys, at }), overlay: null }
  }
  if (typeof path === 'string') {
    const message = 'A file of secrets was given, and this endpoint has no `secrets` that say where they belong.'
    throw new SpecError('invalid_config_file', message, { place: at() })
  }
  if (!('sops' in value)) return { config: value, overlay: null }
  return await unsealConfig(text, typeof config === 'string' && !config.endsWith('.json') ? 'yaml' : 'json', keys)
}

function readOAuthClient(file: NamedFile): TaskClient {
  const client = parseTaskClient(parseText(file.path, readText(file), 'invalid_oauth_client'))
  if (client !== null) return client
  throw new SpecError('invalid_oauth_client', `${file.path} must hold {"client_id": "…", "client_secret": "…"}.`, {
    place: file.place,
  })
}

function readText({ directory, path, place }: NamedFile): string {
  try {
    return readFileSync(resolve(directory, path), 'utf8')
  } catch (cause) {
    const message = `${path} cannot be read from ${directory}. Create it or mend the path.`
    throw new SpecError('file_not_found', message, { place, cause })
  }
}
