import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { JsonObject } from '@sluice/oauth'
import type { FlowCapture, FlowSource, ProtocolName } from './flow-source.ts'
import { isJsonObject } from './json-object.ts'
import { PROVIDERS_DIRECTORY } from './providers/load-provider.ts'
import type { KeySources } from './sops/data-key.ts'
import { type UnsealedConfig, unsealConfig } from './sops/unseal-config.ts'
import { SpecError, type SpecErrorCode } from './spec-error.ts'
import { parseTaskClient, type TaskClient } from './task-client.ts'
import { parseYaml } from './yaml-document.ts'

/** One capture of a flow.yaml, ready to be launched. */
export interface ConnectorTask {
  /** The capture's full name, such as `lab/source-lab`. */
  name: string
  protocol: ProtocolName
  command: string[]
  /** Absolute: the directory of the flow.yaml. */
  cwd: string
  env: Record<string, string>
  config: JsonObject
  /** `sops.overlay` of an encrypted config; apply it with the connector's schema (`applyOverlay`). */
  config_overlay: JsonObject | null
  bindings: { resource: JsonObject; target: string; disable: boolean }[]
  /** Path of the provider declaration by which the connector's OAuth goes; null: as its own spec says. */
  provider: string | null
  oauth_client: TaskClient | null
  /** Airbyte: a declarative manifest, relative to `cwd`. */
  manifest?: string
  /** Singer: the option by which a tap takes its catalog. */
  catalog_argument?: 'catalog' | 'properties'
  /** Singer, environment: a config from which the schema is inferred. */
  sample_config?: JsonObject
  /** Environment: the schema of the variables. */
  variables_schema?: JsonObject
  /** DevLake: leave to give secrets by the command line. */
  secrets_in_arguments?: boolean
}

export interface TaskSelection {
  /** May be left out when the file has exactly one capture. */
  name?: string | undefined
  /** What opens a config that sops encrypted; null leaves the config unread, for who only wants to launch. */
  keys: KeySources | null
}

/**
 * Takes one capture out of a flow.yaml, reading the config and OAuth client files that it names.
 *
 * @throws SpecError `unknown_task`, `unsupported_endpoint`, `file_not_found`, `invalid_config_file` or
 *   `invalid_oauth_client`; SopsError where an encrypted config does not open
 */
export async function selectTask(source: FlowSource, { name, keys }: TaskSelection): Promise<ConnectorTask> {
  const taskName = name ?? onlyTask(source)
  const capture = Object.hasOwn(source.captures, taskName) ? source.captures[taskName] : undefined
  if (!capture) {
    throw new SpecError('unknown_task', `There is no capture named ${taskName}. ${listed(source)}`, {
      place: source.path,
    })
  }
  const local = localEndpoint(source, taskName, capture)
  const at = (...path: string[]) => source.placeOf(['captures', taskName, 'endpoint', 'local', ...path])
  const { config, overlay } =
    keys === null ? { config: {}, overlay: null } : await readConfig(source, local.config, at('config'), keys)
  return {
    name: taskName,
    protocol: local.protocol,
    command: commandOf(local, at('command')),
    cwd: source.directory,
    env: local.env,
    config,
    config_overlay: overlay,
    bindings: capture.bindings,
    provider: local.provider === undefined ? null : providerPath(source, local.provider),
    oauth_client: local.oauthClient ? readOAuthClient(source, local.oauthClient, at('oauthClient')) : null,
    ...(local.manifest && { manifest: local.manifest }),
    ...(local.catalogArgument && { catalog_argument: local.catalogArgument }),
    ...(local.sampleConfig && { sample_config: readObject(source, local.sampleConfig, at('sampleConfig')) }),
    ...(local.configSchema && { variables_schema: readObject(source, local.configSchema, at('configSchema')) }),
    ...(local.secretsInArguments && { secrets_in_arguments: true }),
  }
}

/** The program by which Airbyte's CDK runs a declarative manifest; found on PATH. */
const MANIFEST_COMMAND = ['source-declarative-manifest']

function commandOf({ command, manifest }: { command?: string[]; manifest?: string }, place: string): string[] {
  if (command) return command
  if (manifest) return MANIFEST_COMMAND
  throw new SpecError('unsupported_endpoint', 'The endpoint names no program. Write `command: […]`.', { place })
}

function readObject(source: FlowSource, sample: JsonObject | string, place: string): JsonObject {
  if (typeof sample !== 'string') return sample
  const value = parseText(sample, readText(source, sample, place), 'invalid_config_file')
  if (isJsonObject(value)) return value
  throw new SpecError('invalid_config_file', `${sample} must hold an object.`, { place })
}

/** A declared provider by its name, or a declaration of one's own by its path. */
function providerPath(source: FlowSource, provider: string): string {
  return /\.ya?ml$/.test(provider) ? resolve(source.directory, provider) : join(PROVIDERS_DIRECTORY, `${provider}.yaml`)
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

function localEndpoint(source: FlowSource, name: string, capture: FlowCapture) {
  const { local, ...others } = capture.endpoint
  const place = source.placeOf(['captures', name, 'endpoint'])
  const unsupported = (sentence: string) => new SpecError('unsupported_endpoint', sentence, { place })
  if (local?.protobuf) {
    throw unsupported('`protobuf: true` is not supported; the connector must speak JSON lines. Remove it.')
  }
  if (local) return local
  if ('connector' in others) {
    throw unsupported(
      '`endpoint.connector` (an image) is not supported yet by the process runtime. Run the connector by `endpoint.local.command`.',
    )
  }
  const kinds = Object.keys(others)
  throw unsupported(
    `${kinds.length > 0 ? `Unknown endpoint kind ${kinds.join(', ')}` : 'The endpoint is empty'}. Write \`endpoint: {local: {command: […]}}\`.`,
  )
}

async function readConfig(
  source: FlowSource,
  config: JsonObject | string,
  place: string,
  keys: KeySources,
): Promise<UnsealedConfig> {
  const text = typeof config === 'string' ? readText(source, config, place) : JSON.stringify(config)
  const value = typeof config === 'string' ? parseText(config, text, 'invalid_config_file') : config
  if (!isJsonObject(value)) {
    throw new SpecError('invalid_config_file', `${String(config)} must hold an object of config fields.`, { place })
  }
  if (!('sops' in value)) return { config: value, overlay: null }
  return await unsealConfig(text, typeof config === 'string' && !config.endsWith('.json') ? 'yaml' : 'json', keys)
}

function readOAuthClient(source: FlowSource, file: string, place: string): TaskClient {
  const client = parseTaskClient(parseText(file, readText(source, file, place), 'invalid_oauth_client'))
  if (client !== null) return client
  throw new SpecError('invalid_oauth_client', `${file} must hold {"client_id": "…", "client_secret": "…"}.`, { place })
}

function readText(source: FlowSource, file: string, place: string): string {
  try {
    return readFileSync(resolve(source.directory, file), 'utf8')
  } catch (cause) {
    const message = `${file} cannot be read from ${source.directory}. Create it or mend the path.`
    throw new SpecError('file_not_found', message, { place, cause })
  }
}

// A syntax error in one of these files is told by its place alone: the parser's message may quote a secret.
function parseText(file: string, text: string, code: SpecErrorCode): unknown {
  try {
    return parseYaml(file, text).value
  } catch (cause) {
    const where = cause instanceof SpecError ? cause.place : file
    throw new SpecError(code, 'Not valid JSON or YAML at this place. Mend the file.', { place: where })
  }
}
