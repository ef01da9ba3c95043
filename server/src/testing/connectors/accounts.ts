// A Flow connector with two ways in: OAuth at the lab, or an API key. It accepts the key `right-key`, and any access token
// that the lab's API takes.
import { createInterface } from 'node:readline'

/** `NEEDED_CREDENTIAL`: the name of a further credential that OAuth is of no use without. */
const { LAB_ORIGIN = '', NEEDED_CREDENTIAL = '' } = process.env

const encoded = (name: string) => `${name}={{#urlencode}}{{{${name}}}}{{/urlencode}}`
const authenticated = {
  'content-type': 'application/x-www-form-urlencoded',
  authorization: 'Basic {{#basicauth}}{{{ client_id }}}:{{{ client_secret }}}{{/basicauth}}',
}

const spec = {
  protocol: 3032023,
  configSchema: {
    type: 'object',
    title: 'Accounts',
    required: ['credentials'],
    properties: {
      region: { type: 'string', enum: ['europe', 'asia'], default: 'europe' },
      password: { type: 'string', secret: true },
      credentials: {
        type: 'object',
        discriminator: { propertyName: 'auth_type' },
        oneOf: [
          {
            type: 'object',
            title: 'OAuth',
            'x-oauth2-provider': 'lab',
            required: ['auth_type', 'access_token', ...(NEEDED_CREDENTIAL === '' ? [] : [NEEDED_CREDENTIAL])],
            properties: {
              auth_type: { type: 'string', const: 'oauth', default: 'oauth' },
              access_token: { type: 'string', secret: true },
              refresh_token: { type: 'string', secret: true },
            },
          },
          {
            type: 'object',
            title: 'API key',
            required: ['auth_type', 'api_key'],
            properties: {
              auth_type: { type: 'string', const: 'api_key', default: 'api_key' },
              api_key: { type: 'string', secret: true },
              private_key: { type: 'string', secret: true, multiline: true },
            },
          },
        ],
      },
    },
  },
  resourceConfigSchema: { type: 'object', properties: { stream: { type: 'string' } } },
  documentationUrl: LAB_ORIGIN,
  resourcePathPointers: ['/stream'],
  oauth2: {
    provider: 'lab',
    authUrlTemplate:
      `${LAB_ORIGIN}/auth?response_type=code&scope=openid%20offline_access%20orders%3Aread&prompt=consent` +
      `&code_challenge_method=S256&${['client_id', 'redirect_uri', 'state', 'code_challenge'].map(encoded).join('&')}`,
    accessTokenUrlTemplate: `${LAB_ORIGIN}/token`,
    accessTokenHeaders: authenticated,
    accessTokenBody: `grant_type=authorization_code&${['redirect_uri', 'code', 'code_verifier'].map(encoded).join('&')}`,
    accessTokenResponseMap: { access_token: '/access_token', refresh_token: '/refresh_token' },
    refreshTokenUrlTemplate: `${LAB_ORIGIN}/token`,
    refreshTokenHeaders: authenticated,
    refreshTokenBody: `grant_type=refresh_token&${encoded('refresh_token')}`,
    refreshTokenResponseMap: { access_token: '/access_token', refresh_token: '/refresh_token' },
  },
}

interface Credentials {
  api_key?: string
  access_token?: string
}

async function accepts({ api_key, access_token }: Credentials): Promise<boolean> {
  if (access_token === undefined) return api_key === 'right-key'
  const response = await fetch(`${LAB_ORIGIN}/api/orders?limit=1`, {
    headers: { authorization: `Bearer ${access_token}` },
  })
  await response.body?.cancel()
  return response.ok
}

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line)
  const answer = (body: object) => process.stdout.write(`${JSON.stringify(body)}\n`)
  if (request.spec !== undefined) answer({ spec })
  else {
    const { config } = (request.discover ?? request.validate) as { config: { credentials: Credentials } }
    if (!(await accepts(config.credentials))) {
      process.stderr.write(`${JSON.stringify({ level: 'error', msg: 'the account refuses these credentials' })}\n`)
      process.exit(1)
    }
    if (request.discover !== undefined) answer({ discovered: { bindings: [] } })
    else answer({ validated: { bindings: [] } })
  }
}
