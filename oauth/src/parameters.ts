import type { Parameter } from './plan.ts'
import { renderText } from './template/render.ts'
import type { Scope } from './template/template.ts'

export type RenderedParameter = [name: string, value: string | number | boolean]

/** The parameters that have something to say, each still plain: encoding is the business of its place. */
export function renderParameters(parameters: Parameter[], scope: Scope, now: Date): RenderedParameter[] {
  return parameters
    .map(
      ({ name, value }): RenderedParameter => [
        name,
        typeof value === 'object' ? renderText(value, scope, now).toWellFormed() : value,
      ],
    )
    .filter(([, value]) => value !== '')
}

/** Adds parameters to a URL's query, spaces as `%20`, which every parser reads. */
export function appendQuery(url: URL, parameters: RenderedParameter[]): void {
  if (parameters.length === 0) return
  const added = parameters.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
  url.search = [...(url.search === '' ? [] : [url.search.slice(1)]), ...added].join('&')
}

/** A form or JSON body; null when there is nothing to send. */
export function encodeBody(parameters: RenderedParameter[], media_type: 'form' | 'json'): string | null {
  if (parameters.length === 0) return null
  return media_type === 'json'
    ? JSON.stringify(Object.fromEntries(parameters))
    : new URLSearchParams(parameters.map(([name, value]): [string, string] => [name, String(value)])).toString()
}
