import { renderFixedLayout } from './fixed-layout.ts'
import { ScopeContext } from './scope-context.ts'
import { type Rendered, type Slot, withSentinels } from './sentinels.ts'
import type { Scope, Template } from './template.ts'
import { TemplateWriter } from './template-writer.ts'

/** Renders with a sentinel in the place of each value; the place-*.ts files then put the values in. */
export function renderSentinels(template: Template, scope: Scope, now: Date): Rendered {
  if (!template.conditional) return renderFixedLayout(template, scope, now)
  return withSentinels((place) => write(template, scope, now, place))
}

/** Renders with the values themselves, unescaped: for text that is nobody's syntax, such as a response map entry. */
export function renderText(template: Template, scope: Scope, now: Date): string {
  return write(template, scope, now, (slot) => slot.text)
}

function write({ tokens, required }: Template, scope: Scope, now: Date, place: (slot: Slot) => string): string {
  return new TemplateWriter({ now, required }, place).write(tokens, new ScopeContext(scope))
}
