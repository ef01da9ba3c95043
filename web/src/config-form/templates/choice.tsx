import { descriptionId, type MultiSchemaFieldTemplateProps } from '@rjsf/utils'
import { createContext } from 'react'
import { labelOf } from '../label-of.ts'

/** True directly below a choice: the chosen arm's title already stands in the dropdown. */
export const ArmContext = createContext(false)

/** `oneOf` and `anyOf`: a dropdown of the arms, and the fields of the chosen one. */
export function MultiSchemaFieldTemplate({ schema, selector, optionSchemaField }: MultiSchemaFieldTemplateProps) {
  const { title, description } = schema
  return (
    <fieldset className="group choice">
      {title && <legend>{labelOf(schema, title)}</legend>}
      {description && (
        <p className="description" id={descriptionId(title ?? 'choice')}>
          {description}
        </p>
      )}
      {selector}
      <ArmContext value={true}>{optionSchemaField}</ArmContext>
    </fieldset>
  )
}
