import mustache from 'mustache'
import { isLambda, LAMBDAS, type Lambda, type Template, type Token } from './template.ts'

const MAX_DEPTH = 32
const LAMBDA_CALL = new RegExp(`^(${LAMBDAS.join('|')})\\s+(\\S+)$`)

/** What an author wrote otherwise than Flow reads it; ids of lint rules. */
export type TemplateSlip = 'triple_brace_section' | 'helper_call'

type ReportSlip = (slip: TemplateSlip, name: string) => void

/**
 * Parses a Mustache template once and repairs the slips that authors of Flow specs make, so that they mean what was
 * meant: `{{{#urlencode}}}…{{{/urlencode}}}` is a section, `{{ urlencode x }}` is `{{#urlencode}}{{x}}{{/urlencode}}`.
 * `onSlip` hears of each.
 *
 * @throws SyntaxError on unclosed tags, partials, and lambdas used as values.
 */
export function parseTemplate(source: string, onSlip: ReportSlip = () => {}): Template {
  const names = new Set<string>()
  const lambdas = new Set<Lambda>()
  let conditional = false

  const repair = (tokens: Token[], text: string, depth: number): Token[] => {
    if (depth > MAX_DEPTH) throw new SyntaxError(`sections are nested more than ${MAX_DEPTH} deep`)
    return closeTripleSections(tokens, onSlip).map((token) => repairToken(token, text, depth))
  }

  const repairToken = (token: Token, text: string, depth: number): Token => {
    const [symbol, value, start, end] = token
    if (symbol === 'text' || symbol === '!' || symbol === '=') return token
    if (symbol === '>') throw new SyntaxError(`the partial "${value}" at ${start} is not supported`)

    const section = symbol === '#' || symbol === '^'
    const call = section ? null : LAMBDA_CALL.exec(value)
    if (call?.[1] && call[2]) {
      onSlip('helper_call', call[1])
      return repairToken(['#', call[1], start, end, [['&', call[2], start, end]]], text, depth)
    }

    if (isLambda(value)) {
      if (symbol !== '#') throw new SyntaxError(`"${value}" at ${start} is written {{#${value}}}…{{/${value}}}`)
      lambdas.add(value)
      const inner = lambdaSource(token, text)
      const children =
        inner === null ? repair(childrenOf(token), text, depth + 1) : repair(parseTokens(inner), inner, depth + 1)
      return ['#', value, start, end, children]
    }

    names.add(value)
    if (!section) return token
    conditional = true
    return [symbol, value, start, end, repair(childrenOf(token), text, depth + 1)]
  }

  return { source, tokens: repair(parseTokens(source), source, 0), names, lambdas, conditional, required: false }
}

function childrenOf([, , , , children]: Token): Token[] {
  return Array.isArray(children) ? children : []
}

/** Mustache hands a lambda its inner source, line breaks and all, to be parsed anew; null for repaired sections. */
function lambdaSource([, , , end, , close]: Token, text: string): string | null {
  return close !== undefined && /^\{\{\s*\//.test(text.slice(close)) ? text.slice(end, close) : null
}

/** Mustache reads `{{{#x}}}` as a variable called "#x". Finds its `{{{/x}}}` among the siblings and makes the section. */
function closeTripleSections(tokens: Token[], onSlip: ReportSlip): Token[] {
  const closed: Token[] = []
  let index = 0
  while (index < tokens.length) {
    const token = tokens[index] as Token
    const tag = token[0] === '&' ? /^([#^/])\s*(\S+)$/.exec(token[1]) : null
    if (!tag?.[1] || !tag[2]) {
      closed.push(token)
      index += 1
      continue
    }
    const close = tokens.findIndex((other, at) => at > index && other[0] === '&' && isClosing(other[1], tag[2]))
    if (tag[1] === '/' || close === -1) throw new SyntaxError(`"{{{${token[1]}}}}" at ${token[2]} has no counterpart`)
    onSlip('triple_brace_section', tag[2])
    closed.push([tag[1], tag[2], token[2], token[3], tokens.slice(index + 1, close)])
    index = close + 1
  }
  return closed
}

function isClosing(value: string, name: string | undefined): boolean {
  return value.startsWith('/') && value.slice(1).trim() === name
}

function parseTokens(source: string): Token[] {
  const writer = new mustache.Writer()
  try {
    return writer.parse(source) as Token[]
  } catch (cause) {
    throw new SyntaxError(cause instanceof Error ? cause.message : 'not a Mustache template', { cause })
  }
}
