import { parseJsonPointer } from '../json-pointer.ts'
import type { Capture, TokenPointers, TokenResponseReading } from '../provider-behaviour.ts'
import type { CaptureDeclaration, TokenResponseDeclaration } from './response-declaration.ts'

const SECONDS = { milliseconds: 0.001, seconds: 1, minutes: 60, hours: 3600 }

type Declared = TokenResponseDeclaration | undefined

/** How a token response is read: as `token.response` says, and where the grant differs, as the grant says. */
export function compileTokenResponse(shared: Declared, own: Declared): TokenResponseReading {
  const declared = { ...shared, ...own }
  const { error, success } = declared
  return {
    pointers: tokenPointers(declared),
    expires_in_unit: SECONDS[declared.expires_in_unit ?? 'seconds'],
    default_lifetime: declared.default_lifetime ?? null,
    scope_separator: declared.scope_separator ?? ' ',
    success: success === undefined ? null : { pointer: parseJsonPointer(success.pointer), equals: success.equals },
    error:
      error === undefined
        ? null
        : {
            code: parseJsonPointer(error.code),
            description: error.description === undefined ? null : parseJsonPointer(error.description),
          },
    verdicts: new Map(Object.entries({ ...shared?.verdicts, ...own?.verdicts })),
    captures: compileCaptures({ ...shared?.capture, ...own?.capture }, parseJsonPointer),
    tokens: Object.entries({ ...shared?.tokens, ...own?.tokens }).map(([name, pointers]) => ({
      name,
      pointers: tokenPointers(pointers),
    })),
  }
}

export function compileCaptures(
  captures: Record<string, CaptureDeclaration>,
  pointerOf: (from: string) => string[],
): Capture[] {
  return Object.entries(captures).map(([name, { from, format, required }]) => ({
    name,
    from: pointerOf(from),
    format,
    required,
  }))
}

const MEMBERS = [
  'access_token',
  'refresh_token',
  'expires_in',
  'expires_at',
  'refresh_token_expires_in',
  'scope',
  'token_type',
] as const

function tokenPointers(declared: TokenResponseDeclaration): TokenPointers {
  const pointers: TokenPointers = {}
  for (const member of MEMBERS) {
    const pointer = declared[member]
    if (pointer !== undefined) pointers[member] = parseJsonPointer(pointer)
  }
  return pointers
}
