// A Flow connector that takes an access token and nothing else of OAuth, and is content when `API_URL` is.
import { createInterface } from 'node:readline'

const { API_URL = '' } = process.env

const spec = {
  protocol: 3032023,
  configSchema: {
    type: 'object',
    title: 'Bearer',
    properties: {
      installation_id: { type: 'string' },
      credentials: {
        type: 'object',
        'x-oauth2-provider': 'acme',
        required: ['access_token'],
        properties: { access_token: { type: 'string', secret: true } },
      },
    },
  },
  resourceConfigSchema: { type: 'object', properties: { stream: { type: 'string' } } },
  documentationUrl: 'https://acme.example/docs',
  resourcePathPointers: ['/stream'],
}

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line)
  const answer = (body: object) => process.stdout.write(`${JSON.stringify(body)}\n`)
  if (request.spec !== undefined) answer({ spec })
  else {
    const { access_token } = (request.discover ?? request.validate).config.credentials
    const { ok } = await fetch(API_URL, { headers: { authorization: `Bearer ${access_token}` } })
    if (!ok) process.exit(1)
    answer(request.discover === undefined ? { validated: { bindings: [] } } : { discovered: { bindings: [] } })
  }
}
