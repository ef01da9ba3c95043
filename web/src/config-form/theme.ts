import { ConfigStringField } from './config-string-field.tsx'
import { ArrayFieldItemTemplate, ArrayFieldTemplate } from './templates/array-field.tsx'
import { AddButton, RemoveButton } from './templates/buttons.tsx'
import { MultiSchemaFieldTemplate } from './templates/choice.tsx'
import { DescriptionFieldTemplate, FieldTemplate, WrapIfAdditionalTemplate } from './templates/field.tsx'
import { FieldErrorTemplate } from './templates/field-errors.tsx'
import { ObjectFieldTemplate } from './templates/object-field.tsx'
import { UnsupportedFieldTemplate } from './templates/unsupported-field.tsx'
import { CheckboxWidget } from './widgets/checkbox.tsx'
import { BaseInputTemplate } from './widgets/input.tsx'
import { SecretWidget } from './widgets/secret.tsx'
import { SelectWidget } from './widgets/select.tsx'
import { TextareaWidget } from './widgets/textarea.tsx'

/** Everything that the form draws. Nothing of rjsf's own look remains: its templates set styles that our policy blocks. */
export const theme = {
  fields: { StringField: ConfigStringField },
  templates: {
    ArrayFieldItemTemplate,
    ArrayFieldTemplate,
    BaseInputTemplate,
    DescriptionFieldTemplate,
    FieldErrorTemplate,
    FieldTemplate,
    MultiSchemaFieldTemplate,
    ObjectFieldTemplate,
    UnsupportedFieldTemplate,
    WrapIfAdditionalTemplate,
    ButtonTemplates: { AddButton, RemoveButton },
  },
  widgets: {
    CheckboxWidget,
    PasswordWidget: SecretWidget,
    SelectWidget,
    CheckboxesWidget: SelectWidget,
    TextareaWidget,
    // The browser's own picker would add milliseconds and a time zone, which connectors' patterns refuse.
    DateTimeWidget: BaseInputTemplate,
  },
}
