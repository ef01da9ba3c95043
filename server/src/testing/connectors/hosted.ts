// A Flow connector that sends its secret wherever its config says: `host` by its name, `api` by its format, `door` by its
// mark, `shop` because the OAuth spec's addresses read it. Validating sends the password to each that is set.
import { createInterface } from 'node:readline'

const { LAB_ORIGIN = '' } = process.env

const encoded = (name: string) => `${name}={{#urlencode}}{{{${name}}}}{{/urlencode}}`
const text = { type: 'string' }

const spec = {
  protocol: 3032023,
  configSchema: {
    type: 'object',
    required: ['password'],
    properties: {
      host: { ...text, title: 'Server' },
      api: { ...text, format: 'uri' },
      door: { ...text, 'x-secret-destination': true },
      shop: text,
      // Named like an address, and none.
      phone_server: { ...text, 'x-secret-destination': false },
      replica_server: { ...text, enum: ['first', 'second'] },
      note: text,
      mirrors: { type: 'array', items: { type: 'object', properties: { url: text, key: { ...text, secret: true } } } },
      password: { ...text, secret: true },
      credentials: {
        type: 'object',
        'x-oauth2-provider': 'lab',
        properties: { access_token: { ...text, secret: true }, refresh_token: { ...text, secret: true } },
      },
    },
  },
  resourceConfigSchema: { type: 'object', properties: { stream: text } },
  documentationUrl: LAB_ORIGIN,
  resourcePathPointers: ['/stream'],
  oauth2: {
    provider: 'lab',
    authUrlTemplate: `${LAB_ORIGIN}/auth?response_type=code&scope=openid%20offline_access&prompt=consent&code_challenge_method=S256&${['client_id', 'redirect_uri', 'state', 'code_challenge'].map(encoded).join('&')}`,
    accessTokenUrlTemplate: `${LAB_ORIGIN}/token?${encoded('config.shop')}`,
    accessTokenHeaders: {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: 'Basic {{#basicauth}}{{{ client_id }}}:{{{ client_secret }}}{{/basicauth}}',
    },
    accessTokenBody: `grant_type=authorization_code&${['redirect_uri', 'code', 'code_verifier'].map(encoded).join('&')}`,
    accessTokenResponseMap: { access_token: '/access_token', refresh_token: '/refresh_token' },
  },
}

interface Config {
  password: string
  host?: string
  api?: string
  door?: string
}

async function send({ password, host, api, door }: Config): Promise<void> {
  const addresses = [host && `http://${host}/`, api, door].filter((address) => address !== undefined && address !== '')
  for (const address of addresses) await fetch(address ?? '', { method: 'POST', body: password })
}

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line)
  if (request.spec === undefined) await send((request.discover ?? request.validate).config as Config)
  const answers = { spec, discovered: { bindings: [] }, validated: { bindings: [] } }
  const key = request.spec !== undefined ? 'spec' : request.discover !== undefined ? 'discovered' : 'validated'
  process.stdout.write(`${JSON.stringify({ [key]: answers[key] })}\n`)
}
