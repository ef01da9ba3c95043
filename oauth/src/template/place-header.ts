import { OAuthError } from '../errors.ts'
import { refuse, urlencoded } from './encode-slot.ts'
import { onceFor, type Rendered } from './sentinels.ts'

/**
 * Puts values into one header's value (RFC 9110 §5.5, §5.6). A value that is the whole field may hold any visible ASCII
 * and inner spaces; inside quotes it is escaped as a quoted-string; beside other text it must be free of separators, so
 * that it cannot add a parameter.
 *
 * @throws OAuthError `refused_value`, above all on CR, LF and NUL.
 */
export function placeHeader(rendered: Rendered): string {
  return fixedHeader(rendered).text ?? fillHeader(rendered)
}

const fixedHeader = onceFor((rendered) => ({
  text: rendered.slotsIn(rendered.text).length === 0 ? fillHeader(rendered) : null,
}))

function fillHeader(rendered: Rendered): string {
  const text = rendered.text.trim()
  const whole = rendered.fill(text, () => '') === ''
  const header = rendered.fill(text, (slot, at) => {
    const value = urlencoded(slot, slot.urlencode)
    if (!/^[\x20-\x7e\t]*$/.test(value)) throw refuse(slot, 'headers carry visible ASCII only')
    if (isQuoted(text.slice(0, at))) return value.replace(/["\\]/g, '\\$&')
    if (whole ? value !== value.trim() : /[\s,;"\\]/.test(value)) {
      throw refuse(slot, 'a header would not keep its spaces or separators')
    }
    return value
  })
  if (!/^[\x20-\x7e\t]*$/.test(header)) {
    throw new OAuthError(
      'invalid_template',
      'A header template holds a line break or other characters that headers cannot carry.',
    )
  }
  return header
}

function isQuoted(before: string): boolean {
  return (before.replace(/\\./g, '').match(/"/g)?.length ?? 0) % 2 === 1
}
