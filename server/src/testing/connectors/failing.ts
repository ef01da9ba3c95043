// A Flow connector whose provider is the lab; it answers `spec` and fails at everything else in the way that its argument names.
import { createInterface } from 'node:readline'

const { LAB_ORIGIN = '' } = process.env
const [way] = process.argv.slice(2)

const encoded = (name: string) => `${name}={{#urlencode}}{{{${name}}}}{{/urlencode}}`
const spec = {
  protocol: 3032023,
  configSchema: {
    type: 'object',
    required: ['credentials'],
    properties: {
      credentials: {
        type: 'object',
        'x-oauth2-provider': 'lab',
        properties: { access_token: { type: 'string', secret: true } },
      },
    },
  },
  resourceConfigSchema: { type: 'object', properties: {} },
  documentationUrl: LAB_ORIGIN,
  resourcePathPointers: ['/stream'],
  oauth2: {
    provider: 'lab',
    authUrlTemplate:
      `${LAB_ORIGIN}/auth?response_type=code&scope=openid%20offline_access&code_challenge_method=S256` +
      `&${['client_id', 'redirect_uri', 'state', 'code_challenge'].map(encoded).join('&')}`,
    accessTokenUrlTemplate: `${LAB_ORIGIN}/token`,
    accessTokenHeaders: { 'content-type': 'application/x-www-form-urlencoded' },
    accessTokenBody:
      'grant_type=authorization_code&' +
      ['client_id', 'client_secret', 'redirect_uri', 'code', 'code_verifier'].map(encoded).join('&'),
    accessTokenResponseMap: { access_token: '/access_token', refresh_token: '/refresh_token' },
  },
}

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line)
  if (request.spec !== undefined) {
    process.stdout.write(`${JSON.stringify({ spec })}\n`)
    continue
  }
  const [operation] = Object.values(request) as { config?: { credentials?: { access_token?: string } } }[]
  const token = operation?.config?.credentials?.access_token
  if (way === 'exits') {
    process.stderr.write(`${JSON.stringify({ level: 'error', msg: `cannot reach the source with ${token}` })}\n`)
    process.exit(1)
  }
  if (way === 'crashes') process.kill(process.pid, 'SIGKILL')
  if (way === 'garbage') process.stdout.write(`<html>${token}</html>\n`)
}
if (way === 'silent') await new Promise(() => setInterval(() => {}, 1000))
