import { dataOf, type Integration } from '@sluice/client'
import { useState } from 'react'
import { Notice } from '../page/notice.tsx'
import { useLoad } from '../page/use-load.ts'
import { sluice } from './console-calls.ts'
import { LoadedView } from './loaded-view.tsx'
import { SelectField } from './select-field.tsx'
import { TextField } from './text-field.tsx'
import { textOf, useSubmit } from './use-submit.ts'

export function IntegrationForm({ onCreated }: { onCreated: (integration: Integration) => void }) {
  const connectors = useLoad('connectors', () => dataOf(sluice.GET('/v1/connectors')))
  const [chosen, setChosen] = useState<string>()
  const { busy, error, errorAt, submit } = useSubmit(async (values, form) => {
    const name = textOf(values, 'name')
    const integration = await dataOf(
      sluice.POST('/v1/integrations', {
        body: {
          connector_id: textOf(values, 'connector_id') ?? '',
          client_id: textOf(values, 'client_id') ?? '',
          client_secret: textOf(values, 'client_secret') ?? '',
          return_urls: textOf(values, 'return_urls')?.split(/\s+/) ?? [],
          ...(name !== undefined && { name }),
        },
      }),
    )
    form.reset()
    onCreated(integration)
  })

  return (
    <LoadedView of={connectors}>
      {({ data }) => {
        const options = data.filter(({ oauth }) => oauth !== null).map(({ id, title }) => ({ value: id, label: title }))
        return (
          <form className="fields" onSubmit={submit}>
            <SelectField
              name="connector_id"
              label="Connector"
              value={chosen ?? options[0]?.value ?? ''}
              options={options}
              onChange={setChosen}
            />
            <TextField name="name" label="Name" error={errorAt('/name')} />
            <TextField name="client_id" label="Client id" autoComplete="off" required error={errorAt('/client_id')} />
            <TextField
              name="client_secret"
              label="Client secret"
              description="Encrypted at once; it is never shown again."
              type="password"
              autoComplete="off"
              required
              error={errorAt('/client_secret')}
            />
            <TextField
              name="return_urls"
              label="Return addresses"
              description="Where a connect link may send people afterwards; several with spaces between them."
              error={errorAt('/return_urls')}
            />
            {error && <Notice tone="bad">{error.message}</Notice>}
            <button type="submit" className="primary" disabled={busy}>
              Create integration
            </button>
          </form>
        )
      }}
    </LoadedView>
  )
}
