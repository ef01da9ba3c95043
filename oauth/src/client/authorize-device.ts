import { loadDpopKey } from '../dpop/dpop-key.ts'
import { requireDpopBound } from '../dpop/require-dpop-bound.ts'
import {
  buildDeviceAuthorizationRequest,
  type DeviceAuthorization,
  readDeviceAuthorizationResponse,
} from '../grants/device-authorization.ts'
import { type DevicePolling, pollDeviceToken } from '../grants/device-code.ts'
import { openScope } from '../request-scope.ts'
import type { ConnectionContext } from './client-options.ts'
import { type KeptDpopKey, keptKey } from './kept-authorization.ts'
import { type ObtainedGrant, obtainedGrant } from './obtained-grant.ts'
import { notOffered, openContext, type Setup, senderOf, standardClient, wholeServer } from './setup.ts'
import { dpopKeyFor, signalOf } from './start-authorization.ts'

export interface StartedDeviceAuthorization extends DeviceAuthorization {
  dpop: KeptDpopKey | null
}

/**
 * Starts a device authorization (RFC 8628 §3.1): show the person `user_code` and `verification_uri`.
 *
 * @throws OAuthError `not_offered` when neither spec nor metadata names the endpoint.
 */
export async function startDeviceAuthorization(
  setup: Setup,
  input: ConnectionContext,
): Promise<StartedDeviceAuthorization> {
  const server = await wholeServer(setup, input)
  if (!server.device_authorization_endpoint) {
    throw notOffered('sign-in by device code', 'device_authorization_endpoint')
  }
  const { plan, now } = setup
  const { scope } = openScope(plan, openContext(setup, input))
  const asked = setup.scopes?.scope?.join(' ') ?? scope
  const resource = setup.resource ?? plan.server?.resource ?? []
  const grant = { resource, ...(typeof asked === 'string' && asked !== '' && { scope: asked }) }
  const client = standardClient(setup, server)
  const key = await dpopKeyFor(setup, server)
  const reply = await senderOf(setup, key)(
    () => buildDeviceAuthorizationRequest(server, client, grant, { now: now() }),
    signalOf(input),
  )
  const device = readDeviceAuthorizationResponse(reply, { now: now(), policy: plan.url_policy })
  return { ...device, dpop: keptKey(key) }
}

/**
 * Asks for the token at the provider's pace until the person has decided.
 *
 * @throws OAuthError `access_denied`, `expired_token`, and what `readTokenResponse` throws; whatever `wait` rejects with.
 */
export async function pollDevice(
  setup: Setup,
  {
    device,
    wait,
    ...context
  }: ConnectionContext & { device: StartedDeviceAuthorization } & Pick<DevicePolling, 'wait'>,
): Promise<ObtainedGrant> {
  const server = await wholeServer(setup, context)
  const key = device.dpop && (await loadDpopKey(device.dpop.private_key, device.dpop.thumbprint))
  const send = senderOf(setup, key)
  const tokens = await pollDeviceToken(server, standardClient(setup, server), device, {
    send: (build) => send(build, signalOf(context)),
    wait,
    clock: setup.now,
  })
  if (key !== null) requireDpopBound(tokens)
  return obtainedGrant(setup.plan, tokens, { phase: 'device_code', now: setup.now(), captured: context.captured, key })
}
