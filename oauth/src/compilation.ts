import { OAuthError, type SpecFinding } from './errors.ts'
import { probeScope } from './lint/probe-scopes.ts'
import { parseTemplate, type TemplateSlip } from './template/parse-template.ts'
import { placeUrl } from './template/place-url.ts'
import { renderSentinels } from './template/render.ts'
import type { Rendered } from './template/sentinels.ts'
import type { Template } from './template/template.ts'
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
  /** Renders a template with a probe in every place and reports what fails whatever the values, by default as `rule`. */
  probe(pointer: string, template: Template, place: (rendered: Rendered) => unknown, rule?: string): void
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
        return parseTemplate(source, (rule, name) => compilation.warn(pointer, rule, SLIPS[rule](name)))
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error
        compilation.refuse(pointer, 'invalid_template', `is not a Mustache template: ${error.message}`)
        return parseTemplate('')
      }
    },
    probe(pointer, template, place, rule = 'invalid_template') {
      if (template.conditional || template.source === '') return
      try {
        place(renderSentinels(template, probeScope(template), new Date(0)))
      } catch (error) {
        if (!(error instanceof OAuthError)) throw error
        // The probe's own value may be refused; a real one may not be.
        if (error.code === 'refused_value') return
        const found = error.code === 'refused_url' ? 'refused_url' : rule
        compilation.refuse(pointer, found, `is refused: ${error.message}`)
      }
    },
    probeUrl(pointer, template) {
      compilation.probe(pointer, template, (rendered) => {
        try {
          placeUrl(rendered, url_policy)
        } catch (error) {
          if (!isOpenHost(error)) throw error
          compilation.refuse(pointer, 'host_open', `is refused: ${error.message}`)
        }
      })
    },
  }
  return compilation
}

const SLIPS: Record<TemplateSlip, (name: string) => string> = {
  triple_brace_section: (name) => `writes the section ${name} in three braces`,
  helper_call: (name) => `calls ${name} as a function`,
}

/** An address fails by a value's name only where the value decides its scheme, user, host, port or fragment. */
export function isOpenHost(error: unknown): error is OAuthError {
  return error instanceof OAuthError && error.code === 'invalid_template' && error.field !== null
}

/** A refresh request that inherits a template would report it again. */
function addOnce(findings: SpecFinding[], finding: SpecFinding): void {
  if (!findings.some(({ pointer, rule }) => pointer === finding.pointer && rule === finding.rule))
    findings.push(finding)
}
