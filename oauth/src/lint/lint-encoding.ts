import type { Compilation } from '../compilation.ts'
import { OAuthError } from '../errors.ts'
import { bareSlots } from '../template/place-json.ts'
import { parseAddress, placeUrl } from '../template/place-url.ts'
import { renderSentinels } from '../template/render.ts'
import type { Rendered, Slot } from '../template/sentinels.ts'
import { branchScopes } from './probe-scopes.ts'
import type { PlacedTemplate } from './request-templates.ts'
import type { LintRuleId } from './rules.ts'

/** Letters, digits and `-._~` by definition (RFC 7636 §4). */
const NEVER_ENCODED = new Set(['code_challenge', 'code_challenge_method', 'code_verifier'])

/** Text by definition, so never a bare JSON value. */
const TEXT_VARIABLES = new Set(['client_id', 'client_secret', 'code', 'code_verifier', 'redirect_uri', 'refresh_token'])

/** Where values land in each branch of a template, and whether they are encoded for that place. */
export function lintEncoding({ pointer, template, part, media_type }: PlacedTemplate, compilation: Compilation): void {
  // Within Basic credentials RFC 6749 §2.3.1 wants the encoding; elsewhere in a header nobody takes it off again.
  if (part === 'header' && template.lambdas.has('basicauth')) return
  const found = new Map<LintRuleId, Set<string>>()
  const add = (rule: LintRuleId, slots: Slot[]) => {
    for (const { field } of slots) found.set(rule, (found.get(rule) ?? new Set()).add(field))
  }
  for (const scope of branchScopes(template)) {
    const rendered = renderBranch(pointer, () => renderSentinels(template, scope, new Date(0)), compilation)
    if (rendered === null) continue
    if (part === 'body' && media_type === 'json') {
      const slots = rendered.slotsIn(rendered.text)
      const bare = bareSlots(rendered)
      add(
        'value_encoded_wrongly',
        slots.filter(({ urlencode }) => urlencode > 0),
      )
      add(
        'json_value_unquoted',
        slots.filter((slot) => bare.has(slot) && TEXT_VARIABLES.has(slot.field)),
      )
      continue
    }
    if (part === 'header') {
      const slots = rendered.slotsIn(rendered.text)
      add(
        'value_encoded_wrongly',
        slots.filter(({ urlencode }) => urlencode > 0),
      )
      continue
    }
    if (part === 'body' && media_type === 'other') continue
    if (part === 'url') lintHost(pointer, rendered, compilation)
    const slots = part === 'url' ? slotsOfPathAndQuery(rendered) : rendered.slotsIn(rendered.text)
    add(
      'value_unencoded',
      slots.filter(({ urlencode, field }) => urlencode === 0 && !NEVER_ENCODED.has(field)),
    )
    add(
      'value_encoded_wrongly',
      slots.filter(({ urlencode }) => urlencode > 1),
    )
  }
  for (const [rule, fields] of found)
    compilation.warn(pointer, rule, `${PLACED[rule] ?? 'has'} ${[...fields].join(', ')}`)
}

const PLACED: Partial<Record<LintRuleId, string>> = {
  value_unencoded: 'does not encode',
  value_encoded_wrongly: 'encodes too much:',
  json_value_unquoted: 'does not quote',
}

/** Branches that cannot be rendered at all; without sections the compiler has refused that already. */
function renderBranch(pointer: string, render: () => Rendered, { warn }: Compilation): Rendered | null {
  try {
    return render()
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error
    if (error.code !== 'refused_value') warn(pointer, 'invalid_template', `is refused in a branch: ${error.message}`)
    return null
  }
}

/** The compiler refuses an open host only where every branch has it. */
function lintHost(pointer: string, rendered: Rendered, { url_policy, warn }: Compilation): void {
  try {
    placeUrl(rendered, url_policy)
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error
    if (error.code === 'refused_url') warn(pointer, 'refused_url', `is refused in a branch: ${error.message}`)
    else if (error.code === 'invalid_template') {
      const rule = error.field === null ? 'invalid_template' : 'host_open'
      warn(pointer, rule, `is refused in a branch: ${error.message}`)
    }
  }
}

function slotsOfPathAndQuery(rendered: Rendered): Slot[] {
  try {
    const { pathname, search } = parseAddress(rendered)
    return rendered.slotsIn(pathname + search)
  } catch (error) {
    if (error instanceof OAuthError) return []
    throw error
  }
}
