import type { Compilation } from '../compilation.ts'
import type { Template } from '../template/template.ts'
import { parseJinja } from './parse-jinja.ts'
import { type Piece, templateOf } from './pieces.ts'
import { ForbiddenVariable, lookupIn } from './template-variables.ts'

/** Compiles the templates of one request; what cannot be parsed is reported and stands in as empty. */
export interface JinjaCompiler {
  pieces(pointer: string, source: string): Piece[]
  template(pointer: string, source: string): Template
  /** A template that must give a URL whatever the values. */
  url(pointer: string, source: string, adapt?: (pieces: Piece[]) => Piece[]): Template
}

/**
 * @param forbidden variables of the request builders that this request must not read, with the reason
 */
export function createJinjaCompiler(
  compilation: Compilation,
  names: ReadonlyMap<string, Piece[]>,
  forbidden: Partial<Record<string, string>>,
): JinjaCompiler {
  const read = (pointer: string, source: string): Piece[] | null => {
    const missing = (name: string) =>
      compilation.warn(
        pointer,
        'unknown_variable',
        `reads "${name}", which is neither an input nor a field of the spec`,
      )
    try {
      return parseJinja(source, lookupIn(names, forbidden, missing))
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      const isSecret = error instanceof ForbiddenVariable && error.variable === 'client_secret'
      compilation.refuse(
        pointer,
        isSecret ? 'secret_exposed' : 'invalid_template',
        `cannot be used as a template: ${error.message}`,
      )
      return null
    }
  }
  const template = (pointer: string, source: string, adapt = (pieces: Piece[]) => pieces): Template => {
    const pieces = read(pointer, source)
    return pieces === null ? templateOf('', []) : templateOf(source, adapt(pieces))
  }
  return {
    pieces: (pointer, source) => read(pointer, source) ?? [],
    template: (pointer, source) => template(pointer, source),
    url(pointer, source, adapt) {
      const compiled = template(pointer, source, adapt)
      compilation.probeUrl(pointer, compiled)
      return compiled
    },
  }
}
