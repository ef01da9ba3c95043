import type { Compilation } from '../compilation.ts'
import { LAMBDAS, type Template } from '../template/template.ts'
import type { PlacedTemplate, RequestKind } from './request-templates.ts'
import { type TemplateUse, usesOf } from './template-uses.ts'

/** What a request's templates may read, besides the config. */
const VARIABLES: Record<RequestKind, readonly string[]> = {
  authorization: ['client_id', 'redirect_uri', 'state', 'code_challenge', 'code_challenge_method'],
  token: ['client_id', 'client_secret', 'redirect_uri', 'code', 'code_verifier'],
  refresh: ['client_id', 'client_secret', 'refresh_token'],
}

/** Refused elsewhere, as a secret in the browser. */
const REPORTED = ['client_secret', 'code_verifier']

/** Variables, sections and helpers that a request does not have, and values in two braces. */
export function lintNames({ pointer, template, request }: PlacedTemplate, { warn }: Compilation): void {
  const known = [...VARIABLES[request], ...(request === 'authorization' ? REPORTED : [])]
  const uses = usesOf(template)
  const unknown = uses.filter((use) => !isKnown(use, known))

  const helpers = unknown.filter(({ name, kind }) => kind !== 'variable' || /\s/.test(name))
  if (helpers.length > 0) {
    warn(pointer, 'unknown_lambda', `has ${listOf(helpers, LAMBDAS)}, which is neither a helper nor a variable`)
  }
  const variables = unknown.filter((use) => !helpers.includes(use))
  if (variables.length > 0) {
    const perhaps = request === 'token' ? '; only a parameter of the callback could fill it' : ''
    const names = listOf(variables, [...known, 'config'])
    warn(pointer, 'unknown_variable', `reads ${names}, which this request does not have${perhaps}`)
  }
  lintBraces(pointer, template, warn)
}

export function lintBraces(pointer: string, template: Template, warn: Compilation['warn']): void {
  // A number of seconds holds nothing to escape.
  const escaped = usesOf(template).filter(({ html_escaped, within }) => html_escaped && !within.includes('now_plus'))
  if (escaped.length > 0) warn(pointer, 'double_braces', `has ${listOf(escaped, [])} in two braces`)
}

function isKnown({ name, within }: TemplateUse, known: readonly string[]): boolean {
  if (name === '.' || name === 'config' || name.startsWith('config.') || known.includes(name)) return true
  // Within a section over an object, its fields are in reach.
  return within.some((section) => section === 'config' || section.startsWith('config.'))
}

function listOf(uses: TemplateUse[], candidates: readonly string[]): string {
  const names = [...new Set(uses.map(({ name }) => name))]
  return names.map((name) => `${name}${suggestion(name, candidates)}`).join(', ')
}

/** `clientId` for client_id, `url_encode` for urlencode: what differs only in case, separators or a letter. */
function suggestion(name: string, candidates: readonly string[]): string {
  const plain = (text: string) => text.toLowerCase().replace(/[^a-z]/g, '')
  const word = plain(name.split(/\s/)[0] ?? name)
  const meant = candidates.find((candidate) => isNear(plain(candidate), word))
  return meant === undefined ? '' : ` (${meant}?)`
}

/** Whether one is the other, but for at most two letters at its end or one letter left out. */
function isNear(a: string, b: string): boolean {
  if (a === b) return true
  const [short, long] = a.length < b.length ? [a, b] : [b, a]
  if (short.length < 4) return false
  if (long.startsWith(short)) return long.length - short.length <= 2
  return Array.from(long, (_letter, at) => long.slice(0, at) + long.slice(at + 1)).includes(short)
}
