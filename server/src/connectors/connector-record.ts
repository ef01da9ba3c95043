import { z } from '@hono/zod-openapi'
import type { DescribedConnector } from './connector-catalogue.ts'

export const jsonObjectSchema = z.record(z.string(), z.unknown())

const oauthSchema = z
  .object({ provider: z.string().openapi({ example: 'lab' }) })
  .nullable()
  .openapi({ description: 'Null when the connector declares no OAuth.' })

export const connectorSchema = z
  .object({
    id: z.string().openapi({ example: 'source-lab' }),
    title: z.string(),
    protocol: z.string().openapi({ example: 'flow' }),
    documentation_url: z.string().nullable(),
    oauth: oauthSchema,
  })
  .openapi('Connector')

export const connectorSpecSchema = z
  .object({
    config_schema: jsonObjectSchema.openapi({ description: 'JSON Schema of the endpoint config.' }),
    resource_config_schema: jsonObjectSchema,
    resource_path_pointers: z.array(z.string()),
    documentation_url: z.string().nullable(),
    oauth: oauthSchema,
  })
  .openapi('ConnectorSpec')

export const connectorIdParameter = z.object({
  id: z.string().openapi({ param: { name: 'id', in: 'path' }, example: 'source-lab' }),
})

export function presentConnector(connector: DescribedConnector): z.infer<typeof connectorSchema> {
  return {
    id: connector.id,
    title: connector.title,
    protocol: connector.task.protocol,
    documentation_url: connector.spec.documentation_url,
    oauth: connector.oauth && { provider: connector.oauth.provider },
  }
}

export function presentConnectorSpec(connector: DescribedConnector): z.infer<typeof connectorSpecSchema> {
  return {
    config_schema: connector.spec.config_schema,
    resource_config_schema: connector.spec.resource_config_schema,
    resource_path_pointers: connector.spec.resource_path_pointers,
    documentation_url: connector.spec.documentation_url,
    oauth: connector.oauth && { provider: connector.oauth.provider },
  }
}
