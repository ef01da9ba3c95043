import { renderFixedLayout } from './fixed-layout.ts'
import { ScopeContext } from './scope-context.ts'
import { type Rendered, withSentinels } from './sentinels.ts'
import type { Scope, Template } from './template.ts'
import { TemplateWriter } from './template-writer.ts'

/** Renders with a sentinel in the place of each value; the place-*.ts files then put the values in. */
export function renderSentinels(template: Template, scope: Scope, now: Date): Rendered {
  if (!template.conditional) return renderFixedLayout(template, scope, now)
  return withSentinels((place) => new TemplateWriter(now, place).write(template.tokens, new ScopeContext(scope)))
}

/** Renders with the values themselves, unescaped: for text that is nobody's syntax, such as a response map entry. */
export function renderText(template: Template, scope: Scope, now: Date): string {
  return new TemplateWriter(now, (slot) => slot.text).write(template.tokens, new ScopeContext(scope))
}
