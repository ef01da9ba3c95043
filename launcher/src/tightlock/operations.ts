// Tightlock's sources and destinations in Flow's words.
import { type ConnectorSpec, isJsonObject, type JsonObject } from '@sluice/connector-specs'
import { z } from 'zod'
import { ConnectorError } from '../connector-error.ts'
import { createTeller, type ToldEvent } from '../events/teller.ts'
import type { Launch } from '../launch.ts'
import { shorten } from '../printable.ts'
import type { DiscoveredBinding } from '../protocol/discovered-binding.ts'
import type { ValidateBinding, ValidateRequest } from '../protocol/requests.ts'
import { type Host, startHost } from './host.ts'
import { configSchemaOf } from './schema.ts'

/** The version of Flow's capture protocol whose words these are. */
const FLOW_PROTOCOL = 3032023

const RESOURCE_CONFIG_SCHEMA: JsonObject = {
  type: 'object',
  required: ['name', 'fields'],
  properties: {
    name: { type: 'string', title: 'Name', default: 'rows', 'x-collection-name': true },
    fields: {
      type: 'array',
      title: 'Fields',
      description: 'The columns that the source is asked for, or that the destination takes.',
      items: { type: 'string' },
    },
    batch_size: { type: 'integer', title: 'Rows a page', minimum: 1, default: 1000 },
  },
}

const resource = z.looseObject({
  name: z.string().default('rows'),
  fields: z.array(z.string()).default([]),
  batch_size: z.number().int().positive().default(1000),
})

export type Resource = z.infer<typeof resource>

/** @throws ConnectorError `refused` */
export function readResource(task: string, { resource_config }: ValidateBinding): Resource {
  const read = resource.safeParse(resource_config)
  if (read.success) return read.data
  const field = read.error.issues[0]?.path.join('.') ?? ''
  throw new ConnectorError('refused', `A binding of ${task} has a wrong ${field} in its resource. Mend it.`, {
    verdict: 'connector_broken',
  })
}

export async function spec(launch: Launch): Promise<ConnectorSpec> {
  const schema = await hosted(launch, null, (host) => host.require({ ask: 'schema' }))
  if (!isJsonObject(schema)) {
    throw new ConnectorError('protocol', `The connector ${launch.name ?? ''} has no schema. Return a ProtocolSchema.`)
  }
  return {
    protocol: FLOW_PROTOCOL,
    config_schema: configSchemaOf(schema),
    resource_config_schema: RESOURCE_CONFIG_SCHEMA,
    documentation_url: null,
    resource_path_pointers: ['/name'],
    oauth2: null,
  }
}

const validation = z.looseObject({ is_valid: z.boolean(), messages: z.array(z.string()).nullish() })

export async function check(launch: Launch, config: JsonObject): Promise<void> {
  await hosted(launch, config, checked)
}

async function* checked(host: Host): AsyncGenerator<ToldEvent, void, void> {
  const { is_valid, messages } = validation.parse(yield* host.require({ ask: 'validate' }))
  if (is_valid) return
  const said = shorten(host.run.showable((messages ?? []).join('; ') || 'it gave no reason'), 500)
  throw await host.run.fail('refused', `refuses this config: ${said}`)
}

/** A class is one resource; a destination says which fields it takes. */
export async function discover(launch: Launch, config: JsonObject): Promise<DiscoveredBinding[]> {
  const fields = await hosted(launch, config, async function* (host) {
    return host.kind === 'destination' ? yield* host.require({ ask: 'fields' }) : []
  })
  const names = z.array(z.string()).catch([]).parse(fields)
  const properties = Object.fromEntries(names.map((name) => [name, {}]))
  return [
    {
      recommended_name: 'rows',
      resource_config: { name: 'rows', fields: names },
      document_schema: { type: 'object', properties },
      key: [],
      disable: false,
      resource_path: ['rows'],
    },
  ]
}

export async function validate(launch: Launch, request: ValidateRequest): Promise<{ resource_path: string[] }[]> {
  const resources = request.bindings.map((binding) => readResource(request.name, binding))
  await check(launch, request.config)
  return resources.map(({ name }) => ({ resource_path: [name] }))
}

/** Asks a host that is ended afterwards, its logs told to the launch alone. */
async function hosted<T>(
  launch: Launch,
  config: JsonObject | null,
  ask: (host: Host) => AsyncGenerator<ToldEvent, T, void>,
): Promise<T> {
  const host = await startHost(launch, config, createTeller())
  try {
    const asking = ask(host)
    for (;;) {
      const { done, value } = await asking.next()
      if (!done) continue
      await host.end()
      return value
    }
  } finally {
    await host.run.stop()
  }
}
