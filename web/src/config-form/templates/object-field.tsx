import { ADDITIONAL_PROPERTY_FLAG, canExpand, descriptionId, type ObjectFieldTemplateProps } from '@rjsf/utils'
import { useContext } from 'react'
import { isJsonObject, type JsonObject } from '../json.ts'
import { labelOf } from '../label-of.ts'
import { AdvancedSection } from './advanced-section.tsx'
import { ArmContext } from './choice.tsx'

/** A group of settings in their `order`, with the `advanced` ones folded away. */
export function ObjectFieldTemplate(props: ObjectFieldTemplateProps) {
  const isArm = useContext(ArmContext)
  const { fieldPathId, title, description, registry, uiSchema, formData, disabled, onAddProperty } = props
  // What came as JSON is JSON, extension keywords included.
  const schema = props.schema as JsonObject
  const isRoot = fieldPathId.path.length === 0
  if ((schema.oneOf || schema.anyOf) && props.properties.length === 0) return null

  const shown = props.properties
    .filter(({ name, hidden }) => !hidden && isShown(schema, name))
    .toSorted(byOrder(schema))
  const plain = shown.filter(({ name }) => !isFolded(schema, name))
  const folded = shown.filter(({ name }) => isFolded(schema, name))
  const { AddButton } = registry.templates.ButtonTemplates
  const content = (
    <ArmContext value={false}>
      {plain.map((property) => property.content)}
      {folded.length > 0 && (
        <AdvancedSection
          title="Advanced settings"
          names={folded.map(({ name }) => name)}
          errorSchema={props.errorSchema}
        >
          {folded.map((property) => property.content)}
        </AdvancedSection>
      )}
      {isJsonObject(schema.additionalProperties) && canExpand(props.schema, uiSchema, formData) && (
        <AddButton id={`${fieldPathId.$id}-add`} disabled={disabled} onClick={onAddProperty} registry={registry} />
      )}
    </ArmContext>
  )

  if (isRoot || isArm) {
    return (
      <div className={isArm ? 'arm' : 'fields'}>
        {isArm && description && <p className="description">{description}</p>}
        {content}
      </div>
    )
  }
  const heading = labelOf(schema, title || String(fieldPathId.path.at(-1)))
  const explanation = description && (
    <p id={descriptionId(fieldPathId)} className="description">
      {description}
    </p>
  )
  if (mayFold(schema)) {
    return (
      <AdvancedSection title={heading} errorSchema={props.errorSchema}>
        {explanation}
        {content}
      </AdvancedSection>
    )
  }
  return (
    <fieldset className="group" id={fieldPathId.$id} aria-describedby={description && descriptionId(fieldPathId)}>
      <legend>{heading}</legend>
      {explanation}
      {content}
    </fieldset>
  )
}

function propertyOf(schema: JsonObject, name: string): JsonObject {
  const property = isJsonObject(schema.properties) ? schema.properties[name] : undefined
  return isJsonObject(property) ? property : {}
}

/** Hidden: what the schema hides, a discriminator's constant, and what lies beside the schema. */
function isShown(schema: JsonObject, name: string): boolean {
  const property = propertyOf(schema, name)
  if (ADDITIONAL_PROPERTY_FLAG in property) return isJsonObject(schema.additionalProperties)
  return property['x-hidden-field'] !== true && property.airbyte_hidden !== true && property.const === undefined
}

/** A group folds by itself; a single advanced setting joins the section at the end. Required ones stay in sight. */
function isFolded(schema: JsonObject, name: string): boolean {
  const property = propertyOf(schema, name)
  const isGroup = property.type === 'object' && !property.oneOf && !property.anyOf
  if (property.advanced !== true || isGroup) return false
  const required = Array.isArray(schema.required) && schema.required.includes(name)
  return !required || property.default !== undefined
}

function mayFold(schema: JsonObject): boolean {
  const required = Array.isArray(schema.required) ? schema.required : []
  return schema.advanced === true && required.every((name) => propertyOf(schema, String(name)).default !== undefined)
}

function byOrder(schema: JsonObject) {
  const orderOf = (name: string) => {
    const { order } = propertyOf(schema, name)
    return typeof order === 'number' ? order : Number.POSITIVE_INFINITY
  }
  return (a: { name: string }, b: { name: string }) => {
    const [first, second] = [orderOf(a.name), orderOf(b.name)]
    return first === second ? 0 : first - second
  }
}
