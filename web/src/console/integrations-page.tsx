import { dataOf, type Integration } from '@sluice/client'
import { useState } from 'react'
import { CopyBlock } from '../page/copy-button.tsx'
import { Moment } from '../page/moment.tsx'
import { Notice } from '../page/notice.tsx'
import { useLoad } from '../page/use-load.ts'
import { sluice } from './console-calls.ts'
import { IntegrationForm } from './integration-form.tsx'
import { LoadedView } from './loaded-view.tsx'

/** The tenant's client registrations at the connectors' providers. */
export function IntegrationsPage() {
  const integrations = useLoad('integrations', () => dataOf(sluice.GET('/v1/integrations')))
  const [created, setCreated] = useState<Integration>()
  return (
    <>
      <h1>Integrations</h1>
      <p className="lead">Your client registration at a provider. Each has a redirect URI of its own.</p>
      {created && (
        <Notice tone="good" title={`${created.name} is ready. Register its redirect URI at the provider:`}>
          <CopyBlock text={created.redirect_uri} label="Redirect URI" />
        </Notice>
      )}
      <LoadedView of={integrations}>
        {({ data }) => (
          <ul className="tiles">
            {data.map((integration) => (
              <IntegrationTile key={integration.id} integration={integration} />
            ))}
          </ul>
        )}
      </LoadedView>
      <section className="panel narrow" aria-label="New integration">
        <h2>New integration</h2>
        <IntegrationForm
          onCreated={(integration) => {
            setCreated(integration)
            if (integrations.status !== 'loading') integrations.reload()
            scrollTo(0, 0)
          }}
        />
      </section>
    </>
  )
}

function IntegrationTile({ integration }: { integration: Integration }) {
  return (
    <li className="panel">
      <h2>{integration.name}</h2>
      <p className="muted">
        <code>{integration.connector_id}</code>, client <code>{integration.client_id}</code>, created{' '}
        <Moment at={integration.created_at} />
      </p>
      <p className="label">Redirect URI</p>
      <CopyBlock text={integration.redirect_uri} label="Redirect URI" />
      {integration.return_urls.length > 0 && (
        <p className="muted">May return to {integration.return_urls.join(', ')}</p>
      )}
    </li>
  )
}
