import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { type JsonObject, type Secret, secret } from '@sluice/oauth'
import { z } from 'zod'
import type { FlowCapture, FlowSource } from './flow-source.ts'
import { isJsonObject } from './json-object.ts'
import { SpecError, type SpecErrorCode } from './spec-error.ts'
import { parseYaml } from './yaml-document.ts'

/** One capture of a flow.yaml, ready to be launched. */
export interface ConnectorTask {
  /** The capture's full name, such as `lab/source-lab`. */
  name: string
  protocol: 'flow'
  command: string[]
  /** Absolute: the directory of the flow.yaml. */
  cwd: string
  env: Record<string, string>
  config: JsonObject
  bindings: { resource: JsonObject; target: string; disable: boolean }[]
  oauth_client: { client_id: string; client_secret: Secret } | null
}

/**
 * Takes one capture out of a flow.yaml, reading the config and OAuth client files that it names. `name` may be left
 * out when the file has exactly one capture.
 *
 * @throws SpecError `unknown_task`, `unsupported_endpoint`, `file_not_found`, `invalid_config_file` or
 *   `invalid_oauth_client`.
 */
export function selectTask(source: FlowSource, name?: string): ConnectorTask {
  const taskName = name ?? onlyTask(source)
  const capture = Object.hasOwn(source.captures, taskName) ? source.captures[taskName] : undefined
  if (!capture) {
    throw new SpecError('unknown_task', `There is no capture named ${taskName}. ${listed(source)}`, {
      place: source.path,
    })
  }
  const local = localEndpoint(source, taskName, capture)
  const at = (...path: string[]) => source.placeOf(['captures', taskName, 'endpoint', 'local', ...path])
  return {
    name: taskName,
    protocol: local.protocol,
    command: local.command,
    cwd: source.directory,
    env: local.env,
    config: readConfig(source, local.config, at('config')),
    bindings: capture.bindings,
    oauth_client: local.oauthClient ? readOAuthClient(source, local.oauthClient, at('oauthClient')) : null,
  }
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

function readConfig(source: FlowSource, config: JsonObject | string, place: string): JsonObject {
  const value = typeof config === 'string' ? readYaml(source, config, place, 'invalid_config_file') : config
  if (!isJsonObject(value)) {
    throw new SpecError('invalid_config_file', `${String(config)} must hold an object of config fields.`, { place })
  }
  if ('sops' in value) {
    throw new SpecError(
      'invalid_config_file',
      'This config is encrypted by sops, which is not supported yet. Name a decrypted file, kept out of version control.',
      { place },
    )
  }
  return value
}

const oauthClientFile = z.object({ client_id: z.string().min(1), client_secret: z.string().min(1) })

function readOAuthClient(source: FlowSource, file: string, place: string) {
  const parsed = oauthClientFile.safeParse(readYaml(source, file, place, 'invalid_oauth_client'))
  if (!parsed.success) {
    throw new SpecError('invalid_oauth_client', `${file} must hold {"client_id": "…", "client_secret": "…"}.`, {
      place,
    })
  }
  return { client_id: parsed.data.client_id, client_secret: secret(parsed.data.client_secret) }
}

// A syntax error in one of these files is told by its place alone: the parser's message may quote a secret.
function readYaml(source: FlowSource, file: string, place: string, code: SpecErrorCode): unknown {
  let text: string
  try {
    text = readFileSync(resolve(source.directory, file), 'utf8')
  } catch (cause) {
    throw new SpecError(
      'file_not_found',
      `${file} cannot be read from ${source.directory}. Create it or mend the path.`,
      {
        place,
        cause,
      },
    )
  }
  try {
    return parseYaml(file, text).value
  } catch (cause) {
    const where = cause instanceof SpecError ? cause.place : file
    throw new SpecError(code, 'Not valid JSON or YAML at this place. Mend the file.', { place: where })
  }
}
