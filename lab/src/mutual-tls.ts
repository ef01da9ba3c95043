// Clients that prove themselves by certificate (RFC 8705), for a lab that speaks TLS.
import type { X509Certificate } from 'node:crypto'
import { TLSSocket } from 'node:tls'
import type { Configuration } from 'oidc-provider'

type MutualTls = NonNullable<NonNullable<Configuration['features']>['mTLS']>
type Context = Parameters<NonNullable<MutualTls['getCertificate']>>[0]

/** Both methods: certificates of a trusted issuer by their DNS name, self-signed ones by the client's registered keys. */
export const MUTUAL_TLS: MutualTls = {
  enabled: true,
  selfSignedTlsClientAuth: true,
  tlsClientAuth: true,
  getCertificate: (ctx) => certificateOf(ctx)?.toString(),
  certificateAuthorized: (ctx) => ctx.socket instanceof TLSSocket && ctx.socket.authorized,
  certificateSubjectMatches: (ctx, property, expected) =>
    property === 'tls_client_auth_san_dns' && certificateOf(ctx)?.checkHost(expected) !== undefined,
}

function certificateOf({ socket }: Context): X509Certificate | undefined {
  return socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined
}
