import { percentEncode } from './percent-encode.ts'

/** Name and value, decoded. Names may repeat. */
export type OAuth1Parameter = readonly [name: string, value: string]

export interface SignedMessage {
  method: string
  /** As it will be sent; its query is signed, its fragment is not sent. */
  url: URL
  /** The protocol parameters without `realm` and `oauth_signature`. */
  protocol_parameters: OAuth1Parameter[]
  /** The body when it is a form; other bodies are not signed (RFC 5849 §3.4.1.3.1). */
  form: string | null
}

/** The signature base string (RFC 5849 §3.4.1): method, base string URI and normalized parameters. */
export function signatureBaseString({ method, url, protocol_parameters, form }: SignedMessage): string {
  const parameters = [...url.searchParams, ...protocol_parameters, ...new URLSearchParams(form ?? '')]
  return [method.toUpperCase(), baseStringUri(url), normalizeParameters(parameters)]
    .map((part) => percentEncode(part, 'the request'))
    .join('&')
}

/** RFC 5849 §3.4.1.2. WHATWG URLs have scheme and host in lower case already, and drop the scheme's own port. */
export function baseStringUri({ protocol, host, pathname }: URL): string {
  return `${protocol}//${host}${pathname}`
}

/** RFC 5849 §3.4.1.3.2: encoded, then sorted by name and value in byte order. */
export function normalizeParameters(parameters: OAuth1Parameter[]): string {
  return parameters
    .map(([name, value]) => [percentEncode(name, name), percentEncode(value, name)] as const)
    .toSorted(([name, value], [otherName, otherValue]) => compare(name, otherName) || compare(value, otherValue))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

/** Encoded text is ASCII, so code units are bytes. */
function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}
