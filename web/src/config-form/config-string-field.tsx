import StringField from '@rjsf/core/lib/components/fields/StringField.js'
import type { FieldProps } from '@rjsf/utils'
import type { JsonObject } from './json.ts'

/** A text field whose schema says `secret` (or Airbyte's `airbyte_secret`) or `multiline` gets the widget for it. */
export function ConfigStringField(props: FieldProps) {
  const { secret, airbyte_secret, multiline } = props.schema as JsonObject
  const isSecret = secret === true || airbyte_secret === true
  const options = { ...(isSecret && { 'ui:secret': true }), ...(multiline === true && { 'ui:widget': 'textarea' }) }
  const uiSchema = isSecret && multiline !== true ? { ...options, 'ui:widget': 'password' } : options
  return <StringField {...props} uiSchema={{ ...props.uiSchema, ...uiSchema }} />
}
