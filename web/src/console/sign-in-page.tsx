import { type ApiError, dataOf } from '@sluice/client'
import { type FormEvent, useEffect, useState } from 'react'
import { Brand } from '../page/brand.tsx'
import { Notice } from '../page/notice.tsx'
import { apiError, useLoad } from '../page/use-load.ts'
import { rememberPlace } from './after-sign-in.ts'
import { sluice } from './console-calls.ts'
import { TextField } from './text-field.tsx'

interface SignInPageProps {
  /** Why nobody is signed in. */
  refusal: ApiError
  onSignedIn: () => void
}

/** What the server says in the address when a sign-in by the identity provider did not end in a session. */
const refusals: Record<string, string> = {
  denied: 'The sign-in was cancelled at the identity provider.',
  not_allowed: 'You are known, but nobody has given you access here. Ask who runs this server.',
  expired: 'This sign-in was not started here, was used already, or took too long. Start it again.',
  failed: 'The identity provider’s answer could not be used. Try again; the server’s log says more.',
}

export function SignInPage({ refusal, onSignedIn }: SignInPageProps) {
  const ways = useLoad('ways', () => dataOf(sluice.GET('/console/sign_in')))
  useEffect(rememberPlace, [])
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<string | undefined>(() => firstMessage(refusal))
  const attempt = async (act: () => Promise<void>) => {
    setBusy(true)
    setError(undefined)
    await act().catch((cause: unknown) => {
      setError(apiError(cause).message)
      setBusy(false)
    })
  }
  const byKey = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const api_key = String(new FormData(event.currentTarget).get('api_key')).trim()
    return attempt(async () => {
      await dataOf(sluice.POST('/console/session', { body: { api_key } }))
      if (location.pathname === '/console/sign-in') history.replaceState(null, '', '/')
      onSignedIn()
    })
  }
  const byProvider = () =>
    attempt(async () => {
      const { authorization_url } = await dataOf(sluice.POST('/console/sign_in'))
      location.assign(authorization_url)
    })
  const provider = ways.status === 'ready' ? ways.data.identity_provider : null
  return (
    <div className="connect">
      <header>
        <Brand />
      </header>
      <main className="card sign-in">
        <h1>Sign in to the console</h1>
        {error && <Notice tone="bad">{error}</Notice>}
        {provider && (
          <button type="button" className="primary wide" disabled={busy} onClick={byProvider}>
            Continue with {provider}
          </button>
        )}
        <p className="lead">
          {provider ? 'Or with an API key.' : 'With an API key, or by the link that the server shows when it starts.'}
        </p>
        <form className="fields" onSubmit={byKey}>
          <TextField name="api_key" label="API key" type="password" autoComplete="current-password" required />
          <button type="submit" className={provider ? 'wide' : 'primary wide'} disabled={busy}>
            {busy ? 'Signing in …' : 'Sign in'}
          </button>
        </form>
      </main>
      <footer className="muted">The key is exchanged for a session cookie and is not kept in the browser.</footer>
    </div>
  )
}

/** That nobody is signed in yet needs no words. */
function firstMessage(refusal: ApiError): string | undefined {
  if (refusal.code === 'link_unknown') return refusal.message
  return refusals[new URLSearchParams(location.search).get('refused') ?? '']
}
