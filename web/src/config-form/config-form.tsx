import Form from '@rjsf/core/lib/components/Form.js'
import type { RJSFSchema } from '@rjsf/utils'
import type { Violation } from '@sluice/client'
import { type ReactNode, useLayoutEffect, useMemo, useRef, useState } from 'react'
import { AttentionNotice } from './attention-notice.tsx'
import { isJsonObject, type JsonObject } from './json.ts'
import { theme } from './theme.ts'
import { errorSchemaOf, validator } from './validator.ts'

export interface ConfigFormProps {
  schema: JsonObject
  /** Prefilled values. */
  config: JsonObject
  /** What the server found wrong with the last submitted config. */
  violations: readonly Violation[]
  busy: boolean
  onSubmit: (config: JsonObject) => void
  /** Submit button and what stands around it. */
  children: ReactNode
}

/** A form for an endpoint config, made from a connector's config schema. */
export function ConfigForm({ schema, config, violations, busy, onSubmit, children }: ConfigFormProps) {
  const [values, setValues] = useState(config)
  const [checked, setChecked] = useState(false)
  const [attempts, setAttempts] = useState(0)
  const [edited, setEdited] = useState<readonly Violation[]>()
  const element = useRef<HTMLDivElement>(null)
  // The server spoke of the config as it was sent: the first edit takes its words off the fields.
  const standing = violations === edited ? none : violations
  const extraErrors = useMemo(() => errorSchemaOf(standing), [standing])

  // biome-ignore lint/correctness/useExhaustiveDependencies: focus moves when an attempt fails, not when a field changes
  useLayoutEffect(() => {
    if (attempts > 0 || standing.length > 0)
      element.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus()
  }, [attempts, violations])

  return (
    <div ref={element}>
      <Form
        className="config-form"
        idPrefix="config"
        schema={bare(schema)}
        formData={values}
        validator={validator}
        {...theme}
        disabled={busy}
        noHtml5Validate
        showErrorList={false}
        liveValidate={checked ? 'onChange' : false}
        extraErrors={extraErrors}
        experimental_defaultFormStateBehavior={{
          constAsDefaults: 'skipOneOf',
          allOf: 'populateDefaults',
          arrayMinItems: { populate: 'requiredOnly' },
        }}
        onChange={({ formData }, id) => {
          if (id !== undefined) setEdited(violations)
          setValues(formData ?? {})
        }}
        onError={() => {
          setChecked(true)
          setAttempts(attempts + 1)
        }}
        onSubmit={({ formData }) => onSubmit(formData ?? {})}
      >
        <AttentionNotice element={element} attempt={attempts} violations={standing} />
        {children}
      </Form>
    </div>
  )
}

const none: readonly Violation[] = []

/** The page has its own heading, so the schema's title and description are not repeated. */
function bare({ title: _, description: __, ...schema }: JsonObject): RJSFSchema {
  const properties = isJsonObject(schema.properties) ? schema.properties : {}
  return { type: 'object', ...schema, properties } as RJSFSchema
}
