import { isLambda, type Template, type Token } from '../template/template.ts'

/** One place in which a template names something. */
export interface TemplateUse {
  name: string
  kind: 'variable' | 'section' | 'inverted_section'
  /** Written in two braces, which Flow HTML-escapes. */
  html_escaped: boolean
  /** The sections and helpers around it, outermost first. */
  within: string[]
}

/** Every variable and section of a template, but not the helpers, in the order in which they are written. */
export function usesOf(template: Template): TemplateUse[] {
  const uses: TemplateUse[] = []
  const walk = (tokens: Token[], within: string[]): void => {
    for (const [symbol, name, , , inner] of tokens) {
      if (symbol === 'text' || symbol === '!' || symbol === '=') continue
      const children = Array.isArray(inner) ? inner : []
      if (symbol !== '#' && symbol !== '^') {
        uses.push({ name, kind: 'variable', html_escaped: symbol === 'name', within })
        continue
      }
      if (!isLambda(name)) {
        uses.push({ name, kind: symbol === '#' ? 'section' : 'inverted_section', html_escaped: false, within })
      }
      walk(children, [...within, name])
    }
  }
  walk(template.tokens, [])
  return uses
}
