import { type ArrayFieldItemTemplateProps, type ArrayFieldTemplateProps, descriptionId } from '@rjsf/utils'
import { OptionalMark } from '../../page/field-label.tsx'
import { labelOf } from '../label-of.ts'

/** A list: its entries one below the other, each removable. */
export function ArrayFieldTemplate(props: ArrayFieldTemplateProps) {
  const { fieldPathId, title, schema, items, canAdd, onAddClick, disabled, required, registry } = props
  const { AddButton } = registry.templates.ButtonTemplates
  const { description } = schema
  return (
    <fieldset className="group list" id={fieldPathId.$id} aria-describedby={description && descriptionId(fieldPathId)}>
      <legend>
        {labelOf(schema, title)}
        {!required && <OptionalMark />}
      </legend>
      {description && (
        <p id={descriptionId(fieldPathId)} className="description">
          {description}
        </p>
      )}
      {items}
      {canAdd && (
        <AddButton id={`${fieldPathId.$id}-add`} disabled={disabled} onClick={onAddClick} registry={registry} />
      )}
    </fieldset>
  )
}

export function ArrayFieldItemTemplate(props: ArrayFieldItemTemplateProps) {
  const { children, buttonsProps, hasToolbar, index, registry } = props
  const { RemoveButton } = registry.templates.ButtonTemplates
  return (
    <div className="list-item">
      <div className="list-item-value">{children}</div>
      {hasToolbar && buttonsProps.hasRemove && (
        <RemoveButton
          id={`${buttonsProps.fieldPathId.$id}-remove`}
          title={`Remove entry ${index + 1}`}
          disabled={buttonsProps.disabled}
          onClick={buttonsProps.onRemoveItem}
          registry={registry}
        />
      )}
    </div>
  )
}
