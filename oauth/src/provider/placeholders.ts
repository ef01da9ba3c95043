// Text with placeholders, `https://{{config.subdomain}}.example.com/token`. Alternatives stand apart by ` || `: the first one
// whose placeholders all have values is taken. There are no sections, lambdas or escapes: encoding is by type.

import { parseTemplate } from '../template/parse-template.ts'
import type { Template, Token } from '../template/template.ts'

const PLACEHOLDER = /\{\{\s*([^{}]*?)\s*\}\}/g
const VARIABLE = /^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$/

/**
 * Parses text with placeholders into a template in which a placeholder without a value is an error that names it.
 *
 * @throws SyntaxError on a brace that is no placeholder's, and a placeholder that is no variable's.
 */
export function parsePlaceholders(source: string): Template {
  const alternatives = splitAlternatives(source).map((text) => ({ text, tokens: tokensOf(text) }))
  const names = new Set(alternatives.flatMap(({ tokens }) => variablesOf(tokens)))
  return {
    ...parseTemplate(''),
    source,
    tokens: choose(alternatives.map(({ tokens }) => tokens)),
    names,
    conditional: alternatives.length > 1,
    required: true,
  }
}

export function splitAlternatives(source: string): string[] {
  return source.includes(' ||') ? source.split('||').map((text) => text.trim()) : [source]
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  for (const { 0: tag, 1: variable = '', index } of text.matchAll(PLACEHOLDER)) {
    if (!VARIABLE.test(variable)) throw new SyntaxError(`"${tag}" is not a placeholder such as {{config.name}}`)
    tokens.push(...literal(text.slice(at, index)), ['&', variable, index, index + tag.length])
    at = index + tag.length
  }
  return [...tokens, ...literal(text.slice(at))]
}

function literal(text: string): Token[] {
  if (/\{\{|\}\}/.test(text)) throw new SyntaxError('a placeholder is not closed')
  return text === '' ? [] : [['text', text, 0, 0]]
}

function variablesOf(tokens: Token[]): string[] {
  return tokens.filter(([symbol]) => symbol === '&').map(([, variable]) => variable)
}

/** The first alternative within sections of its variables, the others in their inversions. */
function choose([first = [], ...others]: Token[][]): Token[] {
  if (others.length === 0) return first
  return variablesOf(first).reduceRight<Token[]>(
    (chosen, variable) => [
      ['#', variable, 0, 0, chosen],
      ['^', variable, 0, 0, choose(others)],
    ],
    first,
  )
}
