import { type ApiError, dataOf } from '@sluice/client'
import { type FormEvent, useState } from 'react'
import { Brand } from '../page/brand.tsx'
import { Notice } from '../page/notice.tsx'
import { apiError } from '../page/use-load.ts'
import { sluice } from './console-calls.ts'
import { TextField } from './text-field.tsx'

export function SignInPage({ onSignedIn }: { onSignedIn: () => void }) {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<ApiError>()
  const signIn = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const api_key = String(new FormData(event.currentTarget).get('api_key')).trim()
    setBusy(true)
    setError(undefined)
    try {
      await dataOf(sluice.POST('/console/session', { body: { api_key } }))
      onSignedIn()
    } catch (cause) {
      setError(apiError(cause))
      setBusy(false)
    }
  }
  return (
    <div className="connect">
      <header>
        <Brand />
      </header>
      <main className="card sign-in">
        <h1>Sign in to the console</h1>
        <p className="lead">With the API key that the server showed when it was first started.</p>
        <form className="fields" onSubmit={signIn}>
          <TextField name="api_key" label="API key" type="password" autoComplete="current-password" required />
          {error && <Notice tone="bad">{error.message}</Notice>}
          <button type="submit" className="primary wide" disabled={busy}>
            {busy ? 'Signing in …' : 'Sign in'}
          </button>
        </form>
      </main>
      <footer className="muted">The key is exchanged for a session cookie and is not kept in the browser.</footer>
    </div>
  )
}
