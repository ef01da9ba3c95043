import { OAuthError } from './errors.ts'
import type { JsonObject, JsonValue } from './json.ts'
import { readJsonPointer } from './json-pointer.ts'
import type { Capture } from './provider-behaviour.ts'
import { isAllowedHost } from './template/place-host.ts'
import { checkUrl, type UrlPolicy } from './url-policy.ts'

/** Longer than any identifier or address, and short enough for a URL. */
const MAX_LENGTH = 2048

/**
 * Reads what a plan keeps of a response. Text, numbers and booleans are kept; an address must be https at a host that the
 * plan allows, because later requests carry secrets to it.
 *
 * @throws OAuthError `malformed_response` when a required one is missing, `refused_url` when it names another host.
 */
export function readCaptures(captures: Capture[], reply: JsonObject, policy: UrlPolicy): JsonObject {
  const captured: JsonObject = {}
  for (const capture of captures) {
    const value = readCapture(capture, readJsonPointer(reply, capture.from), policy)
    if (value !== null) captured[capture.name] = value
    else if (capture.required) {
      throw new OAuthError('malformed_response', `The provider's response does not give ${capture.name}.`, {
        field: capture.name,
        verdict: 'integration_broken',
      })
    }
  }
  return captured
}

function readCapture({ name, format }: Capture, value: JsonValue | undefined, policy: UrlPolicy): JsonValue | null {
  if (value === undefined || value === null || value === '' || typeof value === 'object') return null
  if (typeof value === 'string' && value.length > MAX_LENGTH) return null
  if (format === 'text') return value
  const text = String(value)
  if (!URL.canParse(text)) return null
  const url = new URL(text)
  checkUrl(url, policy)
  if (!isAllowedHost(url.hostname, policy.allowed_hosts)) {
    throw new OAuthError(
      'refused_url',
      `The provider's response names the host ${url.hostname} as ${name}, which is not one of its own.`,
      {
        field: name,
        verdict: 'integration_broken',
      },
    )
  }
  return format === 'host' ? url.host : url.origin
}
