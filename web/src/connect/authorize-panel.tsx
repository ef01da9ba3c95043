import type { ApiError, ConnectLink, Violation } from '@sluice/client'
import { useState } from 'react'
import { ConfigForm } from '../config-form/config-form.tsx'
import type { JsonObject } from '../config-form/json.ts'
import { relativeTime } from '../page/moment.tsx'
import { Notice } from '../page/notice.tsx'
import { apiError } from '../page/use-load.ts'
import { webAddress } from '../page/web-address.ts'
import { authorize, configViolations } from './connect-calls.ts'
import { ScopeChoice } from './scope-choice.tsx'

interface AuthorizePanelProps {
  token: string
  link: ConnectLink
  /** The link was used or expired meanwhile. */
  onClosed: () => void
}

/** The settings, and the way to the provider. */
export function AuthorizePanel({ token, link, onClosed }: AuthorizePanelProps) {
  const [busy, setBusy] = useState(false)
  const [violations, setViolations] = useState<readonly Violation[]>([])
  const [error, setError] = useState<ApiError>()
  const { connector, provider, connecting_for, scopes } = link
  const [chosen, setChosen] = useState(() => scopes.optional.map(({ scope }) => scope))
  const documentation = webAddress(connector.documentation_url)

  const submit = async (config: JsonObject) => {
    setBusy(true)
    setError(undefined)
    try {
      location.assign(
        await authorize(token, { config, ...(scopes.optional.length > 0 && { optional_scopes: chosen }) }),
      )
      // Busy until the browser has left; where it came back from its cache, the person starts over.
      addEventListener('pageshow', () => setBusy(false), { once: true })
    } catch (cause) {
      const refused = apiError(cause)
      setBusy(false)
      if (refused.status === 410) return onClosed()
      setViolations(configViolations(refused.errors))
      if (refused.errors.length === 0) setError(refused)
    }
  }

  return (
    <>
      <h1>Connect {connector.title}</h1>
      <p className="lead">
        {provider === null
          ? 'This connector asks for no authorization, so there is nothing to connect here.'
          : `Check the settings, then sign in to ${provider.title} and allow access.`}{' '}
        {documentation && (
          <a href={documentation} target="_blank" rel="noopener noreferrer">
            About this connector
          </a>
        )}
      </p>
      {connecting_for !== null && (
        <p className="connecting-for">
          Connecting for <strong>{connecting_for}</strong>{' '}
          <span className="muted">Not you? Then close this page: what you allow would be theirs to use.</span>
        </p>
      )}
      {link.error && !busy && <LastAttempt link={link} error={link.error} />}
      {provider && (
        <ConfigForm
          // The server speaks JSON Schema and JSON; its types say `unknown`.
          schema={link.config_schema as JsonObject}
          config={link.config as JsonObject}
          violations={violations}
          busy={busy}
          onSubmit={submit}
        >
          <ScopeChoice provider={provider.title} scopes={scopes} chosen={chosen} disabled={busy} onChoose={setChosen} />
          {error && <Notice tone="bad">{error.message}</Notice>}
          <button type="submit" className="primary wide" disabled={busy}>
            {busy ? `Going to ${provider.title} …` : `Authorize with ${provider.title}`}
          </button>
          <p className="fine-print muted">
            You go to {provider.title} and come back here. This link expires {relativeTime(link.expires_at, new Date())}
            .
          </p>
        </ConfigForm>
      )}
    </>
  )
}

function LastAttempt({ link, error }: { link: ConnectLink; error: NonNullable<ConnectLink['error']> }) {
  const provider = link.provider?.title ?? 'The provider'
  if (error.code === 'access_denied') {
    return <Notice tone="bad">{provider} said: access denied. Nothing was changed. Try again.</Notice>
  }
  return (
    <Notice tone="bad" title="The last attempt did not end in a connection">
      {error.message}
    </Notice>
  )
}
