import { dataOf, type LoginRequest } from '@sluice/client'
import { useState } from 'react'
import { Moment } from '../page/moment.tsx'
import { Notice } from '../page/notice.tsx'
import { apiError, useLoad } from '../page/use-load.ts'
import { sluice } from './console-calls.ts'
import { LoadedView } from './loaded-view.tsx'

/** Where the browser arrives that `sluice login` opened. */
export function LoginPage({ id, user }: { id: string; user: string }) {
  const request = useLoad(`login ${id}`, () =>
    dataOf(sluice.GET('/console/login_requests/{id}', { params: { path: { id } } })),
  )
  return <LoadedView of={request}>{(data) => <LoginApproval request={data} user={user} />}</LoadedView>
}

/** Asks the person whether a machine may have a key. */
export function LoginApproval({ request, user }: { request: LoginRequest; user: string }) {
  const { id, machine, asked_from, by_code, scopes, withheld_scopes, expires_in_days, expires_at } = request
  const [state, setState] = useState<'asked' | 'busy' | 'approved' | 'denied'>('asked')
  const [error, setError] = useState<string>()
  const decide = async (decision: 'approve' | 'deny') => {
    setState('busy')
    setError(undefined)
    const call = sluice.POST('/console/login_requests/{id}/decision', { params: { path: { id } }, body: { decision } })
    try {
      const { redirect_to } = await dataOf(call)
      setState(decision === 'approve' ? 'approved' : 'denied')
      if (redirect_to !== null) location.assign(redirect_to)
    } catch (cause) {
      setError(apiError(cause).message)
      setState('asked')
    }
  }
  if (state === 'approved') {
    return (
      <Notice tone="good" title={`${machine} may go on.`}>
        Go back to its terminal.
      </Notice>
    )
  }
  if (state === 'denied') {
    return (
      <Notice tone="plain" title="Refused.">
        {machine} got no key.
      </Notice>
    )
  }
  return (
    <section className="panel narrow login">
      <h1>
        Let <span className="machine">{machine}</span> use Sluice as you?
      </h1>
      <p className="lead">
        Allow this only if you have just started <code>sluice login</code> there yourself.
        {by_code && ' If somebody else gave you the code, refuse: they would get the key.'}
      </p>
      <dl className="facts">
        <div>
          <dt>Signed in as</dt>
          <dd>{user}</dd>
        </div>
        <div>
          <dt>Asked from</dt>
          <dd>{asked_from}</dd>
        </div>
        <div>
          <dt>The key is good for</dt>
          <dd>
            {expires_in_days} {expires_in_days === 1 ? 'day' : 'days'}; <code>sluice logout</code> ends it
          </dd>
        </div>
        <div>
          <dt>Answer by</dt>
          <dd>
            <Moment at={expires_at} />
          </dd>
        </div>
      </dl>
      <h2>It may</h2>
      <ul className="scopes">
        {scopes.map(({ scope, meaning }) => (
          <li key={scope}>
            {meaning} <code className="muted">{scope}</code>
          </li>
        ))}
      </ul>
      {scopes.length === 0 && <Notice tone="bad">Nothing that it asks for is yours to give.</Notice>}
      {withheld_scopes.length > 0 && (
        <p className="muted">Also asked for, but not yours to give: {withheld_scopes.join(', ')}.</p>
      )}
      {error && <Notice tone="bad">{error}</Notice>}
      <div className="decision">
        <button
          type="button"
          className="primary"
          disabled={state === 'busy' || scopes.length === 0}
          onClick={() => decide('approve')}
        >
          Allow
        </button>
        <button type="button" className="quiet" disabled={state === 'busy'} onClick={() => decide('deny')}>
          Refuse
        </button>
      </div>
    </section>
  )
}
