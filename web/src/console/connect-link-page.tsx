import { type CreatedConnectSession, dataOf } from '@sluice/client'
import { useState } from 'react'
import { CopyBlock } from '../page/copy-button.tsx'
import { Moment } from '../page/moment.tsx'
import { Notice } from '../page/notice.tsx'
import { useLoad } from '../page/use-load.ts'
import { sluice } from './console-calls.ts'
import { LoadedView } from './loaded-view.tsx'
import { Link } from './navigation.tsx'
import { SelectField } from './select-field.tsx'
import { TextField } from './text-field.tsx'
import { textOf, useSubmit } from './use-submit.ts'

const lifetimes = [
  { value: '1800', label: '30 minutes' },
  { value: '86400', label: '1 day' },
  { value: '604800', label: '7 days' },
]

/** Invites one person to make one connection. */
export function ConnectLinkPage() {
  const integrations = useLoad('integrations', () => dataOf(sluice.GET('/v1/integrations')))
  const [session, setSession] = useState<CreatedConnectSession>()
  return (
    <>
      <h1>New connect link</h1>
      <p className="lead">For one person, for one connection. Send it to someone who can sign in at the provider.</p>
      {session && (
        <Notice tone="good" title="The link is ready. It is shown here only once.">
          <CopyBlock text={session.url} label="Connect link" />
          <img className="qr" src={session.qr_url} alt="The link as a QR code" width="148" height="148" />
          <p>
            <a href={session.url} target="_blank" rel="noreferrer">
              Open it
            </a>{' '}
            <span className="muted">
              On another device they may type <strong>{session.device.user_code}</strong> at{' '}
              {session.device.verification_uri}. It expires <Moment at={session.expires_at} />.
            </span>
          </p>
        </Notice>
      )}
      <LoadedView of={integrations}>
        {({ data }) =>
          data.length === 0 ? (
            <div className="empty">
              <p>
                First create an <Link to="/console/integrations">integration</Link>: your client registration at the
                provider.
              </p>
            </div>
          ) : (
            <ConnectLinkForm
              integrations={data.map(({ id, name, connector_id }) => ({ id, name, connector_id }))}
              onCreated={setSession}
            />
          )
        }
      </LoadedView>
    </>
  )
}

interface ConnectLinkFormProps {
  integrations: { id: string; name: string; connector_id: string }[]
  onCreated: (session: CreatedConnectSession) => void
}

function ConnectLinkForm({ integrations, onCreated }: ConnectLinkFormProps) {
  const [integrationId, setIntegrationId] = useState(integrations[0]?.id ?? '')
  const [lifetime, setLifetime] = useState('1800')
  const { busy, error, errorAt, submit } = useSubmit(async (values) => {
    const chosen = integrations.find(({ id }) => id === integrationId)
    const [email, return_to] = [textOf(values, 'email'), textOf(values, 'return_to')]
    const id = textOf(values, 'end_user_id') ?? email
    const session = await dataOf(
      sluice.POST('/v1/connect_sessions', {
        body: {
          connector_id: chosen?.connector_id ?? '',
          integration_id: integrationId,
          preview: values.get('preview') === 'on',
          expires_in_seconds: Number(lifetime),
          ...(return_to !== undefined && { return_to }),
          ...(id !== undefined && { end_user: { id, ...(email !== undefined && { email }) } }),
        },
      }),
    )
    onCreated(session)
    scrollTo(0, 0)
  })
  return (
    <form className="fields panel narrow" onSubmit={submit}>
      <SelectField
        name="integration_id"
        label="Integration"
        value={integrationId}
        options={integrations.map(({ id, name, connector_id }) => ({ value: id, label: `${name} (${connector_id})` }))}
        onChange={setIntegrationId}
      />
      <TextField
        name="end_user_id"
        label="Person"
        description="Your own id of the person or account that the connection will belong to."
        error={errorAt('/end_user/id')}
      />
      <TextField name="email" label="Email" type="email" error={errorAt('/end_user/email')} />
      <TextField
        name="return_to"
        label="Return to"
        description="One of the integration’s return addresses, exactly."
        error={errorAt('/return_to')}
      />
      <SelectField name="lifetime" label="Valid for" value={lifetime} options={lifetimes} onChange={setLifetime} />
      <div className="field">
        <label className="check">
          <input type="checkbox" name="preview" defaultChecked />
          <span>Let the person read a sample afterwards</span>
        </label>
      </div>
      {error && <Notice tone="bad">{error.message}</Notice>}
      <button type="submit" className="primary" disabled={busy}>
        Create link
      </button>
    </form>
  )
}
