import type { Compilation } from '../compilation.ts'
import { OAuthError } from '../errors.ts'
import { formatJsonPointer } from '../json-pointer.ts'
import type { PlannedServer } from '../plan.ts'
import { checkUrl } from '../url-policy.ts'
import { compileUrl } from './compile-provider-request.ts'
import type { ProviderDeclaration } from './declaration.ts'
import { vocabularyOf } from './vocabulary.ts'

/** What a declaration says of the authorization server beside its requests. */
export function compileServer(declaration: ProviderDeclaration, compilation: Compilation): PlannedServer {
  const { issuer, endpoints, resource, dpop = null } = declaration
  for (const [name, url] of Object.entries(endpoints)) {
    try {
      checkUrl(new URL(url), compilation.url_policy)
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error
      compilation.refuse(`/endpoints/${name}`, 'refused_url', `is refused: ${error.message}`)
    }
  }
  for (const [index, uri] of resource.entries()) {
    if (uri.includes('#')) compilation.refuse(formatJsonPointer(['resource', index]), 'refused_url', 'has a fragment')
  }
  return {
    issuer: issuer === undefined ? null : compileUrl(compilation, '/issuer', vocabularyOf(declaration)(), issuer),
    endpoints,
    resource,
    dpop,
  }
}
