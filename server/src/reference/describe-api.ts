import { scopeMeanings } from '../api-keys/scopes.ts'
import type { Api } from '../http/api.ts'

const description = `Sluice authorizes connectors at their providers, keeps the grants alive and launches the connectors.

Send an API key as \`Authorization: Bearer …\`. Records are snake_case JSON; lists are pages with a cursor; errors are
problem details (RFC 9457) with a stable \`code\`.

A POST may carry an \`Idempotency-Key\` of your choice. Sent again within a day with the same key and body, it is not done
again: the first answer comes back, marked \`idempotency-replayed: true\`. The same key with another body is refused.

While its database is away, every operation answers 503 \`database_unavailable\` with \`Retry-After\`: send it again then.

A key holds scopes, and each operation names the one that it needs. A scope to write includes reading the same.

${Object.entries(scopeMeanings)
  .map(([scope, meaning]) => `\`${scope}\`: ${meaning}.`)
  .join('\n\n')}`

export function describeApi(api: Api): void {
  api.openAPIRegistry.registerComponent('securitySchemes', 'api_key', {
    type: 'http',
    scheme: 'bearer',
    description: 'An API key, `sluice_…`.',
  })
}

/** The OpenAPI 3.1 document of the routes. */
export function openApiDocument(api: Api) {
  return api.getOpenAPI31Document({
    openapi: '3.1.0',
    info: { title: 'Sluice', version: '1', description },
    servers: [{ url: '/' }],
  })
}
