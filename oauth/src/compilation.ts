import { OAuthError, type SpecFinding } from './errors.ts'
import { parseTemplate } from './template/parse-template.ts'
import { placeUrl } from './template/place-url.ts'
import { renderSentinels } from './template/render.ts'
import type { Rendered } from './template/sentinels.ts'
import type { Scope, Template } from './template/template.ts'
import type { UrlPolicy } from './url-policy.ts'

/** Collects what is wrong with a spec while it is compiled, so that its author sees everything at once. */
export interface Compilation {
  url_policy: UrlPolicy
  findings: SpecFinding[]
  warnings: SpecFinding[]
  refuse(pointer: string, rule: string, message: string): void
  warn(pointer: string, rule: string, message: string): void
  /** Parses a template; one that cannot be parsed is reported and stands in as empty. */
  template(pointer: string, source: string): Template
  /** Renders a template with a probe in every place and reports what fails whatever the values. */
  probe(pointer: string, template: Template, place: (rendered: Rendered) => unknown): void
  probeUrl(pointer: string, template: Template): void
}

export function startCompilation(url_policy: UrlPolicy): Compilation {
  const findings: SpecFinding[] = []
  const warnings: SpecFinding[] = []
  const compilation: Compilation = {
    url_policy,
    findings,
    warnings,
    refuse: (pointer, rule, message) => addOnce(findings, { pointer, rule, message }),
    warn: (pointer, rule, message) => addOnce(warnings, { pointer, rule, message }),
    template(pointer, source) {
      try {
        return parseTemplate(source)
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error
        compilation.refuse(pointer, 'invalid_template', `is not a Mustache template: ${error.message}`)
        return parseTemplate('')
      }
    },
    probe(pointer, template, place) {
      if (template.conditional || template.source === '') return
      try {
        place(renderSentinels(template, probeScope(template), new Date(0)))
      } catch (error) {
        if (!(error instanceof OAuthError)) throw error
        // The probe's own value may be refused; a real one may not be.
        if (error.code !== 'refused_value') compilation.refuse(pointer, error.code, `is refused: ${error.message}`)
      }
    },
    probeUrl: (pointer, template) => compilation.probe(pointer, template, (rendered) => placeUrl(rendered, url_policy)),
  }
  return compilation
}

/** A refresh request that inherits a template would report it again. */
function addOnce(findings: SpecFinding[], finding: SpecFinding): void {
  if (!findings.some(({ pointer, rule }) => pointer === finding.pointer && rule === finding.rule))
    findings.push(finding)
}

/** A scope with "1" under every name that the template reads: a host label, a number and text at once. */
function probeScope(template: Template): Scope {
  const scope: Record<string, unknown> = Object.create(null)
  for (const name of template.names) {
    const path = name.split('.')
    const leaf = path.pop() ?? name
    let parent = scope
    for (const step of path) {
      if (typeof parent[step] !== 'object') parent[step] = Object.create(null)
      parent = parent[step] as Record<string, unknown>
    }
    parent[leaf] ??= '1'
  }
  return scope
}
