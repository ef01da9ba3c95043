import { dataOf, type LoginRequest } from '@sluice/client'
import { useState } from 'react'
import { Notice } from '../page/notice.tsx'
import { sluice } from './console-calls.ts'
import { LoginApproval } from './login-page.tsx'
import { TextField } from './text-field.tsx'
import { textOf, useSubmit } from './use-submit.ts'

/** Where a person types the code that `sluice login --device` shows on a machine without a browser. */
export function DevicePage({ user }: { user: string }) {
  const [request, setRequest] = useState<LoginRequest>()
  const { busy, error, submit } = useSubmit(async (values) => {
    const user_code = textOf(values, 'user_code') ?? ''
    setRequest(await dataOf(sluice.POST('/console/login_requests:find', { body: { user_code } })))
  })
  if (request !== undefined) return <LoginApproval request={request} user={user} />
  return (
    <form className="fields panel narrow" onSubmit={submit}>
      <h1>Log a machine in</h1>
      <p className="lead">
        Type the code that <code>sluice login --device</code> shows there, and only one that you asked for yourself.
      </p>
      <TextField
        name="user_code"
        label="Code"
        className="code"
        required
        autoComplete="off"
        autoCapitalize="characters"
        maxLength={40}
        placeholder="XXXX-XXXX"
        defaultValue={new URLSearchParams(location.search).get('code') ?? ''}
      />
      {error && <Notice tone="bad">{error.message}</Notice>}
      <button type="submit" className="primary" disabled={busy}>
        Continue
      </button>
    </form>
  )
}
