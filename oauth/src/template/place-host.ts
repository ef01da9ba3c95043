import { OAuthError } from '../errors.ts'
import type { UrlPolicy } from '../url-policy.ts'
import { refuse } from './encode-slot.ts'
import type { Rendered } from './sentinels.ts'

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i

/**
 * Puts a value into a URL's host. The host is pinned: a value may stand for whole labels under a fixed suffix of at least
 * two labels (`{{store}}.myshopify.com`), or for a whole host that the plan's `allowed_hosts` names.
 *
 * @throws OAuthError `invalid_template` when the template leaves the host open; `refused_value` when the value does not
 *   name a host below the suffix.
 */
export function placeHost(rendered: Rendered, hostname: string, policy: UrlPolicy): string {
  const [slot, second] = rendered.slotsIn(hostname)
  if (slot === undefined) return hostname
  const labels = hostname.split('.')
  const at = labels.findIndex((label) => rendered.slotsIn(label).length > 0)
  const isWholeLabel = rendered.fill(labels[at] ?? '', () => '') === ''
  if (second !== undefined || !isWholeLabel) throw open(slot.field, 'must be one whole label of the host')

  const suffix = labels.slice(at + 1)
  const isPinned = suffix.length >= 2 || (policy.allow_loopback && suffix[0] === 'localhost')
  if (!isPinned && policy.allowed_hosts.length === 0) {
    throw open(
      slot.field,
      'must stand below a fixed suffix of two labels or more, or allowed_hosts must name the hosts',
    )
  }

  const host = rendered.fill(hostname, ({ text }) => text).toLowerCase()
  if (!slot.text.split('.').every((label) => LABEL.test(label)) || host.length > 253) {
    throw refuse(slot, 'it must be a host name, of letters, digits and hyphens')
  }
  if (!isPinned && !isAllowedHost(host, policy.allowed_hosts)) {
    throw refuse(slot, 'it names a host that is not allowed for this provider')
  }
  return host
}

/** `allowed` holds whole hosts, and suffixes with a leading dot. */
export function isAllowedHost(host: string, allowed: string[]): boolean {
  return allowed.some((entry) => (entry.startsWith('.') ? host.endsWith(entry) : host === entry))
}

function open(field: string, reason: string): OAuthError {
  return new OAuthError('invalid_template', `The host of the address is not pinned: ${field} ${reason}.`, { field })
}
