import { dataOf } from '@sluice/client'
import type { ReactNode } from 'react'
import { Brand } from '../page/brand.tsx'
import { sluice } from './console-calls.ts'
import { Link } from './navigation.tsx'

interface ConsoleFrameProps {
  tenant: string
  user: string
  onSignedOut: () => void
  children: ReactNode
}

export function ConsoleFrame({ tenant, user, onSignedOut, children }: ConsoleFrameProps) {
  const signOut = () => dataOf(sluice.DELETE('/console/session')).finally(onSignedOut)
  return (
    <div className="console">
      <header>
        <Brand />
        <nav aria-label="Console">
          <Link to="/" within="/console/connections">
            Connections
          </Link>
          <Link to="/console/connectors">Connectors</Link>
          <Link to="/console/integrations">Integrations</Link>
          <Link to="/console/connect-link">New connect link</Link>
          <a href="/reference">API reference</a>
        </nav>
        <div className="who">
          <span className="muted" title={`Signed in by ${user}`}>
            {tenant}
          </span>
          <button type="button" className="quiet small" onClick={signOut}>
            Sign out
          </button>
        </div>
      </header>
      <main>{children}</main>
    </div>
  )
}
