// A template without sections always renders to the same text around its values. So it is rendered with sentinels once,
// and each later rendering only looks the values up.

import { ownValue, ScopeContext } from './scope-context.ts'
import { createMark, type Rendered, type Skeleton, type Slot, SlottedText, sentinel } from './sentinels.ts'
import { isLambda, type Scope, type Template, type Token } from './template.ts'
import { TemplateWriter, textOf } from './template-writer.ts'

interface FixedLayout extends Skeleton {
  readonly readers: ((scope: Scope, now: Date) => Slot)[]
}

const layouts = new WeakMap<Template, FixedLayout>()

/** Renders a template that has no sections but helpers (`conditional` is false). */
export function renderFixedLayout(template: Template, scope: Scope, now: Date): Rendered {
  let layout = layouts.get(template)
  if (layout === undefined) {
    layout = layOut(template)
    layouts.set(template, layout)
  }
  const slots = layout.readers.map((read) => read(scope, now))
  return new SlottedText(layout.text, layout.mark, slots, layout)
}

function layOut({ tokens, required }: Template): FixedLayout {
  const mark = createMark()
  const readers: FixedLayout['readers'] = []
  const place = (reader: FixedLayout['readers'][number]) => sentinel(mark, readers.push(reader) - 1)

  const write = (inner: Token[], urlencode: number): string =>
    inner.map((token) => writeToken(token, urlencode)).join('')
  const writeToken = (token: Token, urlencode: number): string => {
    const [symbol, value, , , children] = token
    if (symbol === 'text') return value
    if (symbol === '!' || symbol === '=') return ''
    if (symbol === '^' || (symbol === '#' && !isLambda(value)))
      throw new TypeError('A template with sections is no layout.')
    if (symbol !== '#') return place(variableReader(value, urlencode, required))
    if (value !== 'urlencode') return place(helperReader(token, urlencode, required))
    return encodeURIComponent(write(Array.isArray(children) ? children : [], urlencode + 1).toWellFormed())
  }
  return { text: write(tokens, 0), mark, readers }
}

function variableReader(field: string, urlencode: number, required: boolean) {
  const path = field.indexOf('.') > 0 ? field.split('.') : [field]
  return (scope: Scope): Slot => {
    const value = field === '.' ? scope : ownValue(scope, path)
    return { field, value, text: textOf(field, value, required), urlencode }
  }
}

/** `basicauth` and `now_plus` give one value each. */
function helperReader(token: Token, urlencode: number, required: boolean) {
  return (scope: Scope, now: Date): Slot => {
    const slots: Slot[] = []
    new TemplateWriter({ now, required }, (slot) => String(slots.push(slot))).write([token], new ScopeContext(scope))
    const [slot = { field: token[1], value: '', text: '' }] = slots
    return { ...slot, urlencode }
  }
}
