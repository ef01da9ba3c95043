import { lookup as systemLookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { isLoopbackAddress, isPublicAddress } from './address-policy.ts'
import { OAuthError } from './errors.ts'
import { isLoopbackHost, unbracket } from './url-policy.ts'

/** IP literals never reach a lookup hook (nodejs/undici#2019), so they are checked on their own. */
export function checkLiteralAddress(hostname: string): void {
  const literal = unbracket(hostname)
  // Loopback literals were judged by checkUrl.
  if (isIP(literal) !== 0 && !isPublicAddress(literal) && !isLoopbackAddress(literal)) throw refused(hostname)
}

/**
 * A lookup for `net.connect` whose answers are checked, every one of them: the socket connects to what was checked, with
 * no second resolution in between. localhost may resolve to loopback (when checkUrl let it pass) and to nothing else.
 */
export function checkedLookup(lookup: LookupFunction = systemLookup as LookupFunction): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, answers) => {
      if (error) return callback(error, '', 0)
      const addresses = typeof answers === 'string' ? [{ address: answers, family: isIP(answers) }] : answers
      const isAllowed = isLoopbackHost(hostname) ? isLoopbackAddress : isPublicAddress
      const [first] = addresses
      if (first === undefined || !addresses.every(({ address }) => isAllowed(address))) {
        return callback(refused(hostname), '', 0)
      }
      return options.all ? callback(null, addresses) : callback(null, first.address, first.family)
    })
  }
}

function refused(hostname: string): OAuthError {
  return new OAuthError('refused_url', `The address at ${hostname} is refused: it is not on the public internet.`)
}
