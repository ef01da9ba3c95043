// What a source file imports, read off its text: the checks need the specifiers alone.

const STATIC = /^[ \t]*(?:import|export)\b(?:[\w\s{},*$]*?\bfrom)?\s*(['"])([^'"\n]+)\1/gm
const DYNAMIC = /\bimport(?:\.meta\.resolve)?\(\s*(['"])([^'"\n]+)\1\s*[,)]/g

/** Specifiers of static, type-only, re-exporting and dynamic imports, in no particular order. */
export function readImports(source: string): string[] {
  const code = withoutComments(source)
  const specifiers = [...code.matchAll(STATIC), ...code.matchAll(DYNAMIC)].map(([, , specifier = '']) => specifier)
  return [...new Set(specifiers)]
}

/** The name of the package that a bare specifier belongs to (`@scope/name/path` to `@scope/name`); null for others. */
export function packageName(specifier: string): string | null {
  if (/^[./#]|^node:|^[a-z]+:/.test(specifier)) return null
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}

function withoutComments(source: string): string {
  return source.replace(/^[ \t]*\/\/.*$/gm, '').replace(/^[ \t]*\/\*[\s\S]*?\*\//gm, '')
}
