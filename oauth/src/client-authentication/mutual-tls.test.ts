import assert from 'node:assert/strict'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { selfSignedCertificate } from '../fixtures/self-signed-certificate.ts'
import { rejection } from '../fixtures/token-requests.ts'
import { buildClientCredentialsGrant } from '../grants/client-credentials.ts'
import type { StandardClient } from '../grants/endpoint-request.ts'
import { createGuardedFetch } from '../guarded-fetch.ts'
import { secret } from '../secret.ts'

const own = selfSignedCertificate()
const client: StandardClient = {
  client_id: 'client-1',
  token_endpoint_auth_method: 'self_signed_tls_client_auth',
  client_certificate: { certificate: own.cert, private_key: secret(own.key) },
}

test('a client proves itself by its certificate, at the endpoint for certificates', async (t) => {
  const tls = selfSignedCertificate()
  const peers: string[] = []
  const options = { ...tls, requestCert: true, rejectUnauthorized: false }
  const server = createServer(options, (request, response) => {
    peers.push((request.socket as TLSSocket).getPeerX509Certificate()?.toString() ?? 'none')
    response.end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const origin = `https://localhost:${(server.address() as AddressInfo).port}`
  const metadata = {
    issuer: origin,
    token_endpoint: `${origin}/elsewhere`,
    mtls_endpoint_aliases: { token_endpoint: `${origin}/mtls/token` },
  }
  const send = createGuardedFetch({ allow_loopback: true, ca: tls.cert })
  const request = await buildClientCredentialsGrant(metadata, client)
  assert.equal(request.url, `${origin}/mtls/token`)
  assert.equal(new URLSearchParams(request.body ?? '').get('client_id'), 'client-1')

  await send(request)
  await send({ ...request, client_certificate: null })
  assert.deepEqual(peers, [own.cert, 'none'])

  const foreign = { certificate: own.cert, private_key: secret(selfSignedCertificate().key) }
  const mismatch = await rejection(send({ ...request, client_certificate: foreign }))
  assert.deepEqual([mismatch.code, mismatch.field], ['refused_value', 'client_certificate'])
  const open = await rejection(send({ ...request, url: request.url.replace('https', 'http') }))
  assert.equal(open.code, 'refused_url')
})
