import type { Compilation } from '../compilation.ts'
import { formatJsonPointer } from '../json-pointer.ts'
import type { AssertedRequest } from '../provider-behaviour.ts'
import type { AssertionDeclaration } from './assertion-declaration.ts'
import { compileText } from './compile-provider-request.ts'
import type { Vocabulary } from './vocabulary.ts'

/** Claims about time follow from the declared lifetime. */
const TIMES = new Set(['iat', 'exp', 'nbf'])

/** What the client signs for the JWT bearer grant; nothing secret may stand in it. */
export function compileAssertion(
  compilation: Compilation,
  pointer: string,
  vocabulary: Vocabulary,
  { claims = {}, lifetime_seconds, backdated_seconds }: AssertionDeclaration,
): AssertedRequest['assertion'] {
  const stated = Object.entries(claims).flatMap(([name, value]) => {
    const place = `${pointer}/claims${formatJsonPointer([name])}`
    if (TIMES.has(name)) compilation.refuse(place, 'reserved_claim', 'follows from lifetime_seconds')
    if (value === null) return []
    return [{ name, value: typeof value === 'string' ? compileText(compilation, place, vocabulary, value) : value }]
  })
  const omitted = new Set(Object.keys(claims).filter((name) => claims[name] === null))
  return { claims: stated, omitted, lifetime_seconds, backdated_seconds }
}
