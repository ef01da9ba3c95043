// Estuary Flow's flow.yaml, read as unmodified as connector developers write it. Our additions stand inside
// `endpoint.local`: `protocol`, `provider`, `oauthClient`, and what some protocols want to know besides.
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import { jsonObject } from './json-object.ts'
import { SpecError } from './spec-error.ts'
import { parseYaml, type YamlDocument } from './yaml-document.ts'

const text = z.union([z.string(), z.number(), z.boolean()]).transform(String)

/** The protocols that connectors speak. */
const PROTOCOL_NAMES = ['flow', 'airbyte', 'singer', 'devlake', 'tightlock', 'environment'] as const

export type ProtocolName = (typeof PROTOCOL_NAMES)[number]

const localEndpoint = z.object({
  /** Left out only where `manifest` says what to run. */
  command: z.array(z.string().min(1)).min(1, 'must name the program to run').optional(),
  config: z.union([jsonObject, z.string().min(1)]).default({}),
  env: z.record(z.string(), text).default({}),
  protobuf: z.boolean().default(false),
  protocol: z.enum(PROTOCOL_NAMES, `must be one of ${PROTOCOL_NAMES.join(', ')}`).default('flow'),
  oauthClient: z.string().min(1).optional(),
  /** A provider declaration: the name of one that comes with Sluice, or the path of a YAML file. */
  provider: z.string().min(1).optional(),
  /** Airbyte: a declarative manifest, run by `source-declarative-manifest`. */
  manifest: z.string().min(1).optional(),
  /** Singer: the option by which a tap takes its catalog. */
  catalogArgument: z.enum(['catalog', 'properties']).optional(),
  /** Singer, environment: a config from which the schema is inferred. */
  sampleConfig: z.union([jsonObject, z.string().min(1)]).optional(),
  /** Environment: the JSON Schema of the variables. */
  configSchema: z.union([jsonObject, z.string().min(1)]).optional(),
  /** DevLake: leave to give secrets by the command line to a plugin that brings its own start script. */
  secretsInArguments: z.boolean().optional(),
})

const binding = z.object({
  resource: jsonObject,
  target: z.string().min(1),
  disable: z.boolean().default(false),
})

const capture = z.object({
  endpoint: z.looseObject({ local: localEndpoint.optional() }),
  bindings: z.array(binding).default([]),
})

/** A destination; its bindings name the collection that they are fed from. */
const materialization = capture.extend({
  bindings: z
    .array(binding.omit({ target: true }).extend({ source: z.string().min(1) }))
    .default([])
    .transform((bindings) => bindings.map(({ source, ...rest }) => ({ ...rest, target: source }))),
})

const flowFile = z.looseObject({
  captures: z.record(z.string(), capture).default({}),
  materializations: z.record(z.string(), materialization).default({}),
})

export type FlowCapture = z.infer<typeof capture>

/** A flow.yaml file: its captures, where it lies, and where each of its values stands. */
export interface FlowSource {
  /** As the caller named it; error messages show it. */
  path: string
  /** Absolute. Relative paths in the file, and the command's working directory, mean this. */
  directory: string
  /** What stands under `captures`, and under `materializations`. */
  captures: Record<string, FlowCapture>
  placeOf: YamlDocument['placeOf']
}

/**
 * Reads a flow.yaml. Keys other than `captures` and `materializations` (collections, import, …) are left alone.
 *
 * @throws SpecError `file_not_found`, `invalid_yaml` or `invalid_flow_source`, with `file:line:column`.
 */
export async function loadFlowSource(path: string): Promise<FlowSource> {
  const yaml = parseYaml(path, await readSource(path))
  const parsed = flowFile.safeParse(yaml.value ?? {})
  if (!parsed.success) {
    const issue = firstIssue(parsed.error)
    throw new SpecError(
      'invalid_flow_source',
      `${issue.path.join('.') || 'the file'}: ${issue.message}. See the example lab/connectors/source-lab/flow.yaml.`,
      { place: yaml.placeOf(issue.path), cause: parsed.error },
    )
  }
  const { captures, materializations } = parsed.data
  const placeOf: YamlDocument['placeOf'] = ([section, name, ...rest]) => {
    const destination = section === 'captures' && Object.hasOwn(materializations, String(name))
    return yaml.placeOf(
      [destination ? 'materializations' : section, name, ...rest].filter((part) => part !== undefined),
    )
  }
  return { path, directory: dirname(resolve(path)), captures: { ...materializations, ...captures }, placeOf }
}

async function readSource(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new SpecError('file_not_found', 'This file cannot be read. Give the path of a flow.yaml file.', {
      place: path,
      cause,
    })
  }
}

function firstIssue(error: z.ZodError): { path: PropertyKey[]; message: string } {
  const issue = error.issues[0]
  if (!issue) return { path: [], message: 'not a flow.yaml' }
  const missing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined')
  return { path: issue.path, message: missing ? 'is missing' : issue.message }
}
