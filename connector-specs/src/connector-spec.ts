import type { JsonObject } from '@sluice/oauth'
import { z } from 'zod'
import { jsonObject } from './json-object.ts'
import { SpecError } from './spec-error.ts'

/** What a connector says of itself, whatever its protocol. */
export interface ConnectorSpec {
  /** The protocol's own version number; 3032023 for Flow. */
  protocol: number
  config_schema: JsonObject
  resource_config_schema: JsonObject
  /** Always http or https, so that it may be shown as a link. */
  documentation_url: string | null
  /** JSON pointers into a resource config whose values identify the resource. */
  resource_path_pointers: string[]
  /** Flow's OAuth spec as the connector wrote it; `compileFlowPlan` of `@sluice/oauth` reads it. */
  oauth2: JsonObject | null
  /** Airbyte's ConnectorSpecification as the connector wrote it; `compileAirbytePlan` of `@sluice/oauth` reads it. */
  airbyte?: JsonObject
}

const flowSpec = z.object({
  protocol: z.number().int(),
  configSchema: jsonObject,
  resourceConfigSchema: jsonObject,
  documentationUrl: z.string().nullish(),
  resourcePathPointers: z.array(z.string()).nullish(),
  oauth2: jsonObject.nullish(),
})

/**
 * Reads the body of a Flow `spec` response (`{protocol, configSchema, …}`) into a connector spec.
 *
 * @throws SpecError `invalid_connector_spec`, naming the first field that is missing or of the wrong kind.
 */
export function readFlowSpec(response: unknown): ConnectorSpec {
  const parsed = flowSpec.safeParse(response)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw new SpecError(
      'invalid_connector_spec',
      `The connector's spec is not usable: ${issue?.path.join('.') || 'spec'}: ${issue?.message}. Mend the connector's answer to "spec".`,
      { cause: parsed.error },
    )
  }
  const spec = parsed.data
  return {
    protocol: spec.protocol,
    config_schema: spec.configSchema,
    resource_config_schema: spec.resourceConfigSchema,
    documentation_url: webAddress(spec.documentationUrl),
    resource_path_pointers: spec.resourcePathPointers ?? [],
    oauth2: spec.oauth2 ?? null,
  }
}

function webAddress(text: string | null | undefined): string | null {
  if (!text) return null
  const url = URL.parse(text)
  return url && (url.protocol === 'https:' || url.protocol === 'http:') ? text : null
}
