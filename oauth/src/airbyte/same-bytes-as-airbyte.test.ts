import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { buildAuthorizationRequest } from '../authorization-request.ts'
import { airbyteSpecs } from '../fixtures/airbyte-specs.ts'
import { airbyteNames, renderAsAirbyte } from '../fixtures/plain-jinja.ts'
import type { JsonObject } from '../json.ts'
import { secret } from '../secret.ts'
import { buildTokenRequest } from '../token-request.ts'
import { compileAirbytePlan } from './compile-airbyte-plan.ts'

const unreserved = fc.stringMatching(/^[A-Za-z0-9\-._]{1,40}$/)
// Java's URLEncoder also encodes "~", which reads the same.
const benign = fc.record({
  client_id: unreserved,
  client_secret: unreserved,
  redirect_uri: fc.webUrl({ withQueryParameters: false }).filter((url) => /^[A-Za-z0-9\-._:/]+$/.test(url)),
  code: unreserved,
  state: fc.stringMatching(/^[A-Za-z0-9\-._]{43}$/),
  app_id: unreserved,
  domain: fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,20}[a-z0-9])?$/).map((label) => `${label}.example.com`),
})

for (const [name, spec] of Object.entries(airbyteSpecs)) {
  const oauth = compileAirbytePlan(spec, { allowed_hosts: ['.example.com'] })
  assert.ok(oauth?.generation === 'declarative')
  const written = spec.advanced_auth.oauth_config_specification.oauth_connector_input_specification as JsonObject
  const input = (written.properties ?? written) as Record<string, string> & Record<string, Record<string, string>>

  test(`${name}: benign values give byte for byte what the templates say`, () => {
    fc.assert(
      fc.property(benign, ({ app_id, domain, ...given }) => {
        const names = airbyteNames(input, given, { app_id, domain })
        const render = (template: string | undefined) => renderAsAirbyte(template ?? '', names)
        // Airbyte's verifier is the state itself, so the bytes are the same when ours is given that.
        const { state, code, client_secret, ...open } = given
        const code_challenge = createHash('sha256').update(state).digest('base64url')
        const config = { app_id, api_url: domain }

        const authorization = buildAuthorizationRequest(oauth.plan, { ...open, state, config, code_challenge })
        assert.equal(authorization.url, new URL(render(input.consent_url)).href)

        const request = buildTokenRequest(oauth.plan, {
          ...open,
          config,
          client_secret: secret(client_secret),
          code: secret(code),
          code_verifier: secret(state),
        })
        assert.equal(request.method, 'POST')
        assert.equal(request.url, new URL(render(input.access_token_url)).href)
        for (const [header, value] of Object.entries(input.access_token_headers ?? {})) {
          assert.equal(request.headers[header.toLowerCase()], render(value))
        }
        assert.equal(
          request.body,
          bodyAsAirbyte(request.headers['content-type'] ?? '', input.access_token_params, render),
        )
      }),
    )
  })
}

function bodyAsAirbyte(
  content_type: string,
  params: Record<string, string> | undefined,
  render: (text: string) => string,
): string | null {
  if (params === undefined) return null
  const entries = Object.entries(params).map(([key, value]): [string, string] => [render(key), render(value)])
  const isForm = content_type === 'application/x-www-form-urlencoded'
  return isForm ? new URLSearchParams(entries).toString() : JSON.stringify(Object.fromEntries(entries))
}
