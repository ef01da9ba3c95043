/**
 * A parsed Mustache token: symbol (`text`, `name`, `&`, `#`, `^`), name or text, start and end in the source, and for
 * sections the children and where the closing tag begins. This is mustache.js's own shape, so that its Writer runs it.
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
  names: string[]
  /** Lambdas used: `urlencode`, `basicauth`, `now_plus`. */
  lambdas: string[]
  /** Whether text or values depend on a section, so that one probe cannot see all renderings. */
  conditional: boolean
}
