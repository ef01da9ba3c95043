import type { Context } from 'hono'
import { routePath } from 'hono/route'
import type { Scope } from '../api-keys/scopes.ts'
import type { Api } from './api.ts'

/**
 * Tells what scope the route of a request needs, by the routes' own declarations (`requires`). A route under `/v1` that
 * declares none needs `admin`; null where there is no such route.
 */
export function requiredScopes(api: Api): (c: Context) => Scope | null {
  let needed: Map<string, Scope> | undefined
  return (c) => {
    // Asked first when all routes are registered.
    needed ??= declaredScopes(api)
    const method = c.req.method === 'HEAD' ? 'GET' : c.req.method
    return needed.get(`${method} ${routePath(c, -1)}`) ?? null
  }
}

function declaredScopes(api: Api): Map<string, Scope> {
  const needed = new Map<string, Scope>()
  for (const definition of api.openAPIRegistry.definitions) {
    if (definition.type !== 'route' || !definition.route.path.startsWith('/v1/')) continue
    const { method, path, security } = definition.route
    const [scope] = security?.flatMap((scheme) => scheme.api_key ?? []) ?? []
    // `requires` is the only one to write scopes there.
    needed.set(
      `${method.toUpperCase()} ${path.replaceAll(/\/\{(.+?)\}/g, '/:$1')}`,
      (scope as Scope | undefined) ?? 'admin',
    )
  }
  return needed
}
