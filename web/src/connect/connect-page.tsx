import type { ApiError, ConnectLink } from '@sluice/client'
import { type ReactNode, useEffect } from 'react'
import { useLoad } from '../page/use-load.ts'
import { AuthorizePanel } from './authorize-panel.tsx'
import { applyAccent, BrandHeader } from './brand-header.tsx'
import { CompletedPanel } from './completed-panel.tsx'
import { readLink } from './connect-calls.ts'
import { DeadEnd } from './dead-end.tsx'
import { isPopup, tellOpener } from './opener-hint.ts'

/** What a person sees who opens a connect link. */
export function ConnectPage({ token }: { token: string }) {
  const link = useLoad(token, () => readLink(token))
  const connector = link.status === 'ready' ? link.data.connector.title : null
  const brand = link.status === 'ready' ? link.data.brand?.name : null
  useEffect(() => {
    if (connector !== null) document.title = `Connect ${connector} – ${brand ?? 'Sluice'}`
  }, [connector, brand])

  // A page that the browser kept while the person was at the provider shows the past: ask again.
  const reload = link.status === 'loading' ? undefined : link.reload
  useEffect(() => {
    const onShow = (event: PageTransitionEvent) => event.persisted && reload?.()
    addEventListener('pageshow', onShow)
    return () => removeEventListener('pageshow', onShow)
  }, [reload])

  const data = link.status === 'ready' ? link.data : null
  useEffect(() => {
    if (data === null) return
    applyAccent(data.brand)
    tellOpener(token, data)
    if (data.status === 'completed' && isPopup(token) && !data.preview) window.close()
  }, [token, data])

  if (link.status === 'loading') return <Frame>{<p className="loading">Opening your link …</p>}</Frame>
  if (link.status === 'failed') return <Frame>{unopened(link.error, link.reload)}</Frame>
  return <Frame brand={link.data.brand}>{panel(token, link.data, link.reload)}</Frame>
}

function panel(token: string, link: ConnectLink, reload: () => void): ReactNode {
  switch (link.status) {
    case 'open':
      return <AuthorizePanel token={token} link={link} onClosed={reload} />
    case 'completed':
      return <CompletedPanel token={token} link={link} />
    case 'expired':
      return (
        <DeadEnd title="This link has expired">
          Links work for a short time only. Ask for a new one where you got it; nothing was changed.
        </DeadEnd>
      )
    case 'cancelled':
      return (
        <DeadEnd title="This link was withdrawn">
          The people who sent it to you cancelled it. Ask for a new one where you got it; nothing was changed.
        </DeadEnd>
      )
    case 'used':
      return (
        <DeadEnd title="This link was already used">
          {link.connector.title} was connected with it in another browser. If that was not you, tell the people who sent
          you the link.
        </DeadEnd>
      )
  }
}

function unopened(error: ApiError, reload: () => void): ReactNode {
  if (error.status === 404) {
    return (
      <DeadEnd title="This link is not known here">
        It may have been cut off when it was copied. Open it whole, or ask for a new one where you got it.
      </DeadEnd>
    )
  }
  const title = error.code === 'unreachable' ? 'The server cannot be reached' : 'This did not work'
  return (
    <DeadEnd title={title} action={{ label: 'Try again', act: reload }}>
      {error.code === 'unreachable' ? 'Check your network. Nothing was changed.' : error.message}
    </DeadEnd>
  )
}

function Frame({ brand = null, children }: { brand?: ConnectLink['brand']; children: ReactNode }) {
  return (
    <div className="connect">
      <header>
        <BrandHeader brand={brand} />
      </header>
      <main className="card">{children}</main>
      <footer className="muted">
        Your sign-in happens at the provider. {brand?.name ?? 'Sluice'} never sees your password.
      </footer>
    </div>
  )
}
