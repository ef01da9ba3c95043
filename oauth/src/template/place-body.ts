import { OAuthError } from '../errors.ts'
import type { BodyMediaType } from '../plan.ts'
import { placeForm } from './place-form.ts'
import { placeJson } from './place-json.ts'
import type { Rendered } from './sentinels.ts'

/** Puts values into a request body by its declared media type; an empty body is null. */
export function placeBody(rendered: Rendered, media_type: BodyMediaType): string | null {
  if (rendered.text === '') return null
  if (media_type === 'json') return placeJson(rendered)
  if (media_type === 'form') return placeForm(rendered)
  if (rendered.slotsIn(rendered.text).length === 0) return rendered.text
  throw new OAuthError(
    'invalid_template',
    'Values can be placed in JSON and form bodies only. Declare content-type application/json or application/x-www-form-urlencoded.',
  )
}
