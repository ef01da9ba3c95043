import assert from 'node:assert/strict'
import { createPublicKey, X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { startLab } from '@sluice/lab'
import { selfSignedCertificate } from '../fixtures/self-signed-certificate.ts'
import { rejection } from '../fixtures/token-requests.ts'
import { createGuardedFetch } from '../guarded-fetch.ts'
import { secret } from '../secret.ts'
import { issuerProvider, watchedFetch } from '../testing/conversation-setup.ts'
import { DEVELOPMENT } from '../testing/lab-client.ts'
import type { ClientRegistrationData } from './client-options.ts'
import { createOAuthClient } from './create-oauth-client.ts'
import { createMetadataCache } from './metadata-cache.ts'

const grants = { grant_types: ['client_credentials'], redirect_uris: [], response_types: [] as never[] }

test('a client proves itself to the authorization server by certificate, over TLS, self-signed or of a trusted issuer', async (t) => {
  const tls = selfSignedCertificate()
  const own = selfSignedCertificate()
  const lab = await startLab({
    tls: { ...tls, client_ca: own.cert },
    standards: ['client_credentials', 'client_assertions'],
  })
  t.after(() => lab.close())
  const { fetch, to } = watchedFetch(createGuardedFetch({ allow_loopback: true, ca: tls.cert }))
  const metadata = createMetadataCache({ fetch, ...DEVELOPMENT })
  const converse = (client: ClientRegistrationData) =>
    createOAuthClient({ provider: issuerProvider(lab.origin), client, fetch, metadata })

  const jwk = createPublicKey(own.cert).export({ format: 'jwk' })
  const x5c = [new X509Certificate(own.cert).raw.toString('base64')]
  const client_certificate = { certificate: own.cert, private_key: secret(own.key) }
  const methods = {
    self_signed_tls_client_auth: { jwks: { keys: [{ ...jwk, x5c }] as never } },
    tls_client_auth: { tls_client_auth_san_dns: 'localhost' },
  }
  for (const [method, how] of Object.entries(methods)) {
    const token_endpoint_auth_method = method as keyof typeof methods
    const { client_id } = lab.addClient({ metadata: { ...grants, ...how, token_endpoint_auth_method } })
    const client = { client_id, client_certificate, token_endpoint_auth_method }
    assert.ok((await converse(client).clientCredentials({ config: {} })).tokens.access_token)
    assert.equal(new URLSearchParams(to('/token').at(-1)?.body ?? '').has('client_secret'), false)

    const other = selfSignedCertificate()
    const foreign = { certificate: other.cert, private_key: secret(other.key) }
    const refused = converse({ ...client, client_certificate: foreign }).clientCredentials({ config: {} })
    assert.equal((await rejection(refused)).code, 'invalid_client')
  }

  const { client_id } = lab.addClient({
    metadata: { ...grants, ...methods.self_signed_tls_client_auth, token_endpoint_auth_method: 'private_key_jwt' },
  })
  const signed = converse({ client_id, signing_key: { private_key: secret(own.key) } })
  assert.ok((await signed.clientCredentials({ config: {} })).tokens.access_token)
})
