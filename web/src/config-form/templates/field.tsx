import {
  ADDITIONAL_PROPERTY_FLAG,
  type DescriptionFieldProps,
  descriptionId,
  type FieldTemplateProps,
  type WrapIfAdditionalTemplateProps,
} from '@rjsf/utils'
import { FieldLabel } from '../../page/field-label.tsx'
import { labelOf } from '../label-of.ts'

/** Label, description, control, errors. Groups, lists and checkboxes bring their own label. */
export function FieldTemplate(props: FieldTemplateProps) {
  const { id, label, required, displayLabel, rawDescription, children, errors, hidden, schema, registry } = props
  if (hidden) return <div hidden>{children}</div>
  const { WrapIfAdditionalTemplate: Wrap } = registry.templates
  const ownLabel = displayLabel && schema.type !== 'boolean'
  const isLeaf = ownLabel || schema.type === 'boolean'
  return (
    <Wrap {...props}>
      {ownLabel && <FieldLabel htmlFor={id} text={labelOf(schema, label)} required={required ?? false} />}
      {isLeaf && rawDescription && schema.type !== 'boolean' && <Description id={id} text={rawDescription} />}
      {children}
      {isLeaf && rawDescription && schema.type === 'boolean' && <Description id={id} text={rawDescription} />}
      {errors}
    </Wrap>
  )
}

function Description({ id, text }: { id: string; text: string }) {
  return (
    <p id={descriptionId(id)} className="description">
      {text}
    </p>
  )
}

/** Descriptions are shown by the templates above, as text: a foreign schema's Markdown is not rendered. */
export function DescriptionFieldTemplate({ id, description }: DescriptionFieldProps) {
  if (!description) return null
  return (
    <p id={id} className="description">
      {description}
    </p>
  )
}

/** A value under a key that the person chooses gets an input for the key and a button to remove it. */
export function WrapIfAdditionalTemplate(props: WrapIfAdditionalTemplateProps) {
  const { id, label, schema, registry, disabled, onKeyRenameBlur, onRemoveProperty, children, rawErrors = [] } = props
  if (!(ADDITIONAL_PROPERTY_FLAG in schema)) {
    return <div className={rawErrors.length > 0 ? 'field invalid' : 'field'}>{children}</div>
  }
  const { RemoveButton } = registry.templates.ButtonTemplates
  return (
    <div className="field entry">
      <div className="field">
        <label htmlFor={`${id}-key`}>Key</label>
        <input id={`${id}-key`} type="text" defaultValue={label} onBlur={onKeyRenameBlur} disabled={disabled} />
      </div>
      <div className="entry-value">{children}</div>
      <RemoveButton
        id={`${id}-remove`}
        title={`Remove ${label}`}
        disabled={disabled}
        onClick={onRemoveProperty}
        registry={registry}
      />
    </div>
  )
}
