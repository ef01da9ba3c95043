import mustache from 'mustache'

/**
 * Mustache's Context, but reading own properties only and never calling what it finds, so that `{{constructor}}` and
 * `{{__proto__.x}}` are simply missing.
 */
export class ScopeContext extends mustache.Context {
  override push(view: unknown): ScopeContext {
    return new ScopeContext(view, this)
  }

  override lookup(name: string): unknown {
    if (name === '.') return this.view
    const path = name.indexOf('.') > 0 ? name.split('.') : [name]
    for (let context: mustache.Context | undefined = this; context; context = context.parent) {
      const found = readOwn(context.view, path)
      if (found.hit) return found.value
    }
    return undefined
  }
}

/** The value at `path` by own properties, undefined when there is none. */
export function ownValue(view: unknown, path: readonly string[]): unknown {
  return readOwn(view, path).value
}

function readOwn(view: unknown, path: readonly string[]): { hit: boolean; value: unknown } {
  let value = view
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key))
      return { hit: false, value: undefined }
    value = (value as Record<string, unknown>)[key]
  }
  return { hit: true, value }
}
