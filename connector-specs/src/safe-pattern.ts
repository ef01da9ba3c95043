// Patterns of foreign schemas never reach the backtracking engine of V8: RE2 matches in linear time whatever they are.
import { RE2JS } from 're2js'

const PATTERN_MAX_CHARACTERS = 2000

/** A pattern as ajv and our own schema walk use it. */
export interface SafePattern {
  test(text: string): boolean
  /** ajv keeps one compiled pattern for each string that this gives. */
  toString(): string
}

/**
 * Compiles a schema's pattern. RE2 has no lookahead and no back-reference: a pattern that uses one, or is too large,
 * accepts every text, and `onUnsupported` learns of it.
 */
export function compileSafePattern(pattern: string, onUnsupported: (pattern: string) => void): SafePattern {
  try {
    if (pattern.length > PATTERN_MAX_CHARACTERS) throw new RangeError('pattern too long')
    const compiled = RE2JS.compile(RE2JS.translateRegExp(pattern), RE2JS.LOOKBEHINDS)
    return { test: (text) => compiled.test(text), toString: () => pattern }
  } catch {
    onUnsupported(pattern)
    return { test: () => true, toString: () => pattern }
  }
}
