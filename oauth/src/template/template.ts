/**
 * A parsed Mustache token: symbol (`text`, `name`, `&`, `#`, `^`, `!`), name or text, start and end in the source, and
 * for sections the children and where the closing tag begins. This is mustache.js's own shape, so its Writer runs it.
 */
export type Token = [
  symbol: string,
  value: string,
  start: number,
  end: number,
  children?: Token[] | string,
  close?: number,
]

/** A template parsed once, at compile time. */
export interface Template {
  source: string
  tokens: Token[]
  /** Every variable that the template reads, dotted names whole. */
  names: ReadonlySet<string>
  lambdas: ReadonlySet<Lambda>
  /** Whether sections choose between texts, so that one rendering does not show them all. */
  conditional: boolean
  /** A variable without a value is an error that names it, rather than empty text as in Mustache. */
  required: boolean
}

/** Flow's helpers; they are written as sections and win over data of the same name. */
export const LAMBDAS = ['urlencode', 'basicauth', 'now_plus'] as const
export type Lambda = (typeof LAMBDAS)[number]

export function isLambda(name: string): name is Lambda {
  return (LAMBDAS as readonly string[]).includes(name)
}

/** What templates may read: JSON data under own names, nothing inherited. */
export type Scope = Readonly<Record<string, unknown>>
