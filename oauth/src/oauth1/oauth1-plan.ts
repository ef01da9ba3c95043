import { z } from 'zod'
import type { SpecFinding } from '../errors.ts'
import { OAuthError } from '../errors.ts'
import { invalidSpec } from '../invalid-spec.ts'
import { formatJsonPointer } from '../json-pointer.ts'
import type { ApiAccess } from '../provider-behaviour.ts'
import { checkUrl, type UrlPolicy } from '../url-policy.ts'
import { SIGNATURE_METHODS, type SignatureMethod } from './signature.ts'

/** A provider of OAuth 1.0a (RFC 5849), ready for the functions of this folder. */
export interface OAuth1Plan {
  readonly provider: string
  /** RFC 5849 §2.1, often called the request token URL. */
  readonly temporary_credentials_url: string
  /** §2.2. */
  readonly authorization_url: string
  /** Further parameters of the authorization URL, such as `expiration`. */
  readonly authorization_parameters: Readonly<Record<string, string>>
  /** Where the authorization URL names scopes, which RFC 5849 does not have; null: nowhere. */
  readonly scopes: { parameter: string; default: string[]; separator: string } | null
  /** §2.3, often called the access token URL. */
  readonly token_credentials_url: string
  readonly signature_method: SignatureMethod
  /** Sent in the Authorization header, and no part of the signature (§3.4.1.3.1). */
  readonly realm: string | null
  /** The provider's API; null unless a provider declaration says where it is. */
  readonly api: ApiAccess | null
  readonly url_policy: UrlPolicy
}

const MAX_TEXT = 8192
const url = z.string().min(1).max(MAX_TEXT)

/** What a declaration of such a provider says. */
export const oauth1Declaration = z.strictObject({
  provider: z.string().min(1).max(MAX_TEXT),
  temporary_credentials_url: url.describe('RFC 5849 §2.1, often called the request token URL.'),
  authorization_url: url.describe('RFC 5849 §2.2.'),
  authorization_parameters: z
    .record(z.string().min(1), z.string().max(MAX_TEXT))
    .default({})
    .describe('Further parameters of the authorization URL.'),
  scopes: z
    .strictObject({
      parameter: z.string().min(1).max(MAX_TEXT).default('scope'),
      default: z.array(z.string().min(1).max(MAX_TEXT)).default([]),
      separator: z.enum([' ', ',', ';', '|']).default(' '),
    })
    .nullable()
    .default(null)
    .describe('How the authorization URL names scopes, where the provider has them.'),
  token_credentials_url: url.describe('RFC 5849 §2.3, often called the access token URL.'),
  signature_method: z.enum(SIGNATURE_METHODS).default('HMAC-SHA1').describe('RFC 5849 §3.4.'),
  realm: z
    .string()
    .max(MAX_TEXT)
    .regex(/^[\x20-\x7e]*$/, 'must be visible ASCII')
    .nullable()
    .default(null)
    .describe('Sent in the Authorization header.'),
})

const URLS = ['temporary_credentials_url', 'authorization_url', 'token_credentials_url'] as const

/**
 * Compiles a declaration into a plan. TLS is required for every endpoint: secrets travel in replies, and with PLAINTEXT
 * in requests (RFC 5849 §2.1, §2.3, §3.4.4).
 *
 * @throws OAuthError `invalid_spec` with every finding, each with a JSON pointer.
 */
export function compileOAuth1Plan(declaration: unknown, options: Partial<UrlPolicy> = {}): OAuth1Plan {
  const parsed = oauth1Declaration.safeParse(declaration)
  const findings: SpecFinding[] = (parsed.error?.issues ?? []).map(({ path, code, message }) => ({
    pointer: formatJsonPointer(path),
    rule: code,
    message,
  }))
  if (!parsed.success) throw invalidSpec(findings)

  const url_policy = { allow_loopback: false, allowed_hosts: [], allowed_ports: [], ...options }
  for (const name of URLS) {
    const reason = whyRefused(parsed.data[name], url_policy)
    if (reason !== null) findings.push({ pointer: `/${name}`, rule: 'refused_url', message: reason })
  }
  for (const name of Object.keys(parsed.data.authorization_parameters).filter((name) => name.startsWith('oauth_'))) {
    const pointer = formatJsonPointer(['authorization_parameters', name])
    findings.push({ pointer, rule: 'reserved', message: 'is a parameter of the protocol itself' })
  }
  const { scopes, authorization_parameters } = parsed.data
  if (scopes !== null && Object.hasOwn(authorization_parameters, scopes.parameter)) {
    findings.push({ pointer: '/scopes/parameter', rule: 'repeated', message: 'stands in authorization_parameters too' })
  }
  if (findings.length > 0) throw invalidSpec(findings)
  return { ...parsed.data, api: null, url_policy }
}

function whyRefused(text: string, policy: UrlPolicy): string | null {
  if (!URL.canParse(text)) return 'is not a URL'
  try {
    checkUrl(new URL(text), policy)
    return null
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error
    return `is refused: ${error.message}`
  }
}
