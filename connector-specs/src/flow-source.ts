// Estuary Flow's flow.yaml, read as unmodified as connector developers write it. Our additions stand inside
// `endpoint.local`: `protocol`, `provider`, `oauthClient`, and what some protocols want to know besides.
import { readFile } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, resolve } from 'node:path'
import { z } from 'zod'
import { jsonObject } from './json-object.ts'
import { SpecError } from './spec-error.ts'
import { parseYaml, type YamlDocument } from './yaml-document.ts'

const text = z.union([z.string(), z.number(), z.boolean()]).transform(String)

/** The protocols that connectors speak. */
const PROTOCOL_NAMES = ['flow', 'airbyte', 'singer', 'devlake', 'tightlock', 'environment'] as const

export type ProtocolName = (typeof PROTOCOL_NAMES)[number]

const HOST_RULE = 'must name a host, such as api.example.com, *.example.com or api.example.com:8443'

const localEndpoint = z.object({
  /** Left out only where `manifest` says what to run. */
  command: z.array(z.string().min(1)).min(1, 'must name the program to run').optional(),
  config: z.union([jsonObject, z.string().min(1)]).default({}),
  env: z.record(z.string(), text).default({}),
  /** Flow: the connector speaks protobuf, each message after its length; else lines of JSON. */
  protobuf: z.boolean().default(false),
  protocol: z.enum(PROTOCOL_NAMES, `must be one of ${PROTOCOL_NAMES.join(', ')}`).default('flow'),
  oauthClient: z.string().min(1).optional(),
  /** A provider declaration: the name of one that comes with Sluice, or the path of a YAML file. */
  provider: z.string().min(1).optional(),
  /** Airbyte: a declarative manifest, run by `source-declarative-manifest`. */
  manifest: z.string().min(1).optional(),
  /** Hosts that the connector may talk to, as docs/runtimes.md writes them; none when empty. Left out: nothing is declared. */
  hosts: z.array(z.string().regex(/^[^/@?#\s]+$/, HOST_RULE)).optional(),
  /** Singer: the option by which a tap takes its catalog. */
  catalogArgument: z.enum(['catalog', 'properties']).optional(),
  /** Singer, environment: a config from which the schema is inferred. */
  sampleConfig: z.union([jsonObject, z.string().min(1)]).optional(),
  /** Environment: the JSON Schema of the variables. */
  configSchema: z.union([jsonObject, z.string().min(1)]).optional(),
  /** DevLake: leave to give secrets by the command line to a plugin that brings its own start script. */
  secretsInArguments: z.boolean().optional(),
  /** Where the secrets of a config in clear belong: their names, with JSON pointers into the config. */
  secrets: z.record(z.string().min(1), z.string().startsWith('/', 'must be a JSON pointer, such as /token')).optional(),
})

/** A connector in an image, which a container runtime starts by its entrypoint, or by a `command` in its place. */
const imageEndpoint = localEndpoint.omit({ protobuf: true, manifest: true }).extend({ image: z.string().min(1) })

const binding = z.object({
  resource: jsonObject,
  target: z.string().min(1),
  disable: z.boolean().default(false),
})

const capture = z.object({
  endpoint: z.looseObject({ local: localEndpoint.optional(), connector: imageEndpoint.optional() }),
  bindings: z.array(binding).default([]),
})

/** Which fields of the documents a destination gets. `include` is what `require` was called before. */
const fieldChoice = z
  .looseObject({
    recommended: z.union([z.boolean(), z.number().int().min(0)]).optional(),
    require: z.record(z.string(), jsonObject).optional(),
    include: z.record(z.string(), jsonObject).optional(),
    exclude: z.array(z.string()).optional(),
  })
  .transform(({ recommended, require, include, exclude }) => ({
    ...(recommended !== undefined && { recommended }),
    ...((require || include) && { require: { ...include, ...require } }),
    ...(exclude && { exclude }),
  }))

/** A destination; its bindings name the collection that they are fed from. */
const materialization = capture.extend({
  bindings: z
    .array(binding.omit({ target: true }).extend({ source: z.string().min(1), fields: fieldChoice.optional() }))
    .default([])
    .transform((bindings) =>
      bindings.map(({ source, fields, ...rest }) => ({ ...rest, target: source, ...(fields && { fields }) })),
    ),
})

const collection = z.looseObject({
  /** Inline, or the path of a file. */
  schema: z.union([jsonObject, z.string().min(1)]).optional(),
  writeSchema: z.union([jsonObject, z.string().min(1)]).optional(),
  readSchema: z.union([jsonObject, z.string().min(1)]).optional(),
  key: z.array(z.string()).default([]),
})

const imported = z.union([z.string().min(1), z.looseObject({ url: z.string().min(1) }).transform(({ url }) => url)])

const flowFile = z.looseObject({
  import: z.array(imported).default([]),
  collections: z.record(z.string(), collection).default({}),
  captures: z.record(z.string(), capture).default({}),
  materializations: z.record(z.string(), materialization).default({}),
})

export type FlowCapture = z.infer<typeof capture>
export type FlowCollection = z.infer<typeof collection>

/** A file of which a flow.yaml consists: itself, or one that it imports. */
export interface FlowFile {
  path: string
  /** Absolute. Relative paths in the file, and the command's working directory, mean this. */
  directory: string
}

/** A flow.yaml with what it imports: its captures, where each lies, and where each of its values stands. */
export interface FlowSource extends FlowFile {
  /** What stands under `captures`, and under `materializations`. */
  captures: Record<string, FlowCapture>
  collections: Record<string, FlowCollection>
  /** Whether it stands under `materializations`. */
  isDestination(name: string): boolean
  /** The file that declares a capture or, by the second argument, a collection. */
  fileOf(name: string, section?: 'captures' | 'collections'): FlowFile
  /** `file:line:column`; what stands below `captures` is found in the file that declares it. */
  placeOf: YamlDocument['placeOf']
}

/**
 * Reads a flow.yaml and the files that it imports, relative to each importing file. Other keys are left alone.
 *
 * @throws SpecError `file_not_found`, `invalid_yaml` or `invalid_flow_source`, with `file:line:column`.
 */
export async function loadFlowSource(path: string): Promise<FlowSource> {
  const files = new Map<string, LoadedFile>()
  await loadFile(path, path, [], files)
  const root = files.get(resolve(path))
  if (root === undefined) throw new TypeError('The first file is always loaded.')
  const captures = new Map<string, Declared<FlowCapture>>()
  const collections = new Map<string, Declared<FlowCollection>>()
  for (const file of files.values()) {
    collect(captures, file, 'materializations')
    collect(captures, file, 'captures')
    collect(collections, file, 'collections')
  }
  const declared = (name: string, section: string) => (section === 'collections' ? collections : captures).get(name)
  return {
    path,
    directory: root.directory,
    captures: valuesOf(captures),
    collections: valuesOf(collections),
    isDestination: (name) => captures.get(name)?.section === 'materializations',
    fileOf: (name, section = 'captures') => declared(name, section)?.file ?? root,
    placeOf([section, name, ...rest]) {
      const found = declared(String(name), String(section))
      if (found === undefined) return root.yaml.placeOf([section, name].filter((part) => part !== undefined))
      return found.file.yaml.placeOf([found.section, String(name), ...rest])
    },
  }
}

type Section = 'captures' | 'materializations' | 'collections'

interface LoadedFile extends FlowFile {
  yaml: YamlDocument
  content: z.infer<typeof flowFile>
}

interface Declared<T> {
  value: T
  file: LoadedFile
  section: Section
}

/** @param importers absolute paths of the files on the way here */
async function loadFile(path: string, place: string, importers: string[], files: Map<string, LoadedFile>) {
  const absolute = resolve(path)
  if (importers.includes(absolute)) {
    const circle = [...importers.slice(importers.indexOf(absolute)), absolute].map((file) => basename(file)).join(' → ')
    throw new SpecError('invalid_flow_source', `The imports go round in a circle: ${circle}. Remove one of them.`, {
      place,
    })
  }
  if (files.has(absolute)) return
  const yaml = parseYaml(path, await readSource(path, place))
  const parsed = flowFile.safeParse(yaml.value ?? {})
  if (!parsed.success) {
    const issue = firstIssue(parsed.error)
    throw new SpecError(
      'invalid_flow_source',
      `${issue.path.join('.') || 'the file'}: ${issue.message}. See the example lab/connectors/source-lab/flow.yaml.`,
      { place: yaml.placeOf(issue.path), cause: parsed.error },
    )
  }
  const directory = dirname(absolute)
  files.set(absolute, { path, directory, yaml, content: parsed.data })
  for (const [index, target] of parsed.data.import.entries()) {
    const at = yaml.placeOf(['import', index])
    if (/^[a-z][a-z0-9+.-]*:\/\//i.test(target)) {
      throw new SpecError('invalid_flow_source', `${target} is not a file. Import files of this machine only.`, {
        place: at,
      })
    }
    const next = isAbsolute(target) || isAbsolute(path) ? resolve(directory, target) : join(dirname(path), target)
    await loadFile(next, at, [...importers, absolute], files)
  }
}

function collect<T>(known: Map<string, Declared<T>>, file: LoadedFile, section: Section): void {
  // Each section's values are of one type, which its map holds.
  for (const [name, value] of Object.entries(file.content[section]) as [string, T][]) {
    const other = known.get(name)
    if (other !== undefined && other.file !== file) {
      const first = other.file.yaml.placeOf([other.section, name])
      throw new SpecError('invalid_flow_source', `${name} is declared twice: ${first} has it too. Rename one.`, {
        place: file.yaml.placeOf([section, name]),
      })
    }
    known.set(name, { value, file, section })
  }
}

function valuesOf<T>(declared: Map<string, Declared<T>>): Record<string, T> {
  return Object.fromEntries([...declared].map(([name, { value }]) => [name, value]))
}

async function readSource(path: string, place: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    const message =
      place === path
        ? 'This file cannot be read. Give the path of a flow.yaml file.'
        : `The imported file ${path} cannot be read. Mend the path or remove the import.`
    throw new SpecError('file_not_found', message, { place, cause })
  }
}

function firstIssue(error: z.ZodError): { path: PropertyKey[]; message: string } {
  const issue = error.issues[0]
  if (!issue) return { path: [], message: 'not a flow.yaml' }
  const missing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined')
  return { path: issue.path, message: missing ? 'is missing' : issue.message }
}
