import { dataOf } from '@sluice/client'
import type { ReactNode } from 'react'
import { Notice } from '../page/notice.tsx'
import { useLoad } from '../page/use-load.ts'
import { returnToPlace } from './after-sign-in.ts'
import { ConnectLinkPage } from './connect-link-page.tsx'
import { ConnectionPage } from './connection-page.tsx'
import { ConnectionsPage } from './connections-page.tsx'
import { ConnectorsPage } from './connectors-page.tsx'
import { sluice } from './console-calls.ts'
import { ConsoleFrame } from './console-frame.tsx'
import { DevicePage } from './device-page.tsx'
import { IntegrationsPage } from './integrations-page.tsx'
import { LoginPage } from './login-page.tsx'
import { NavigationProvider, useNavigation } from './navigation.tsx'
import { signInByLink } from './one-time-link.ts'
import { SignInPage } from './sign-in-page.tsx'

/** The console: everything that a tenant's API key may do, for people. */
export function Console() {
  const session = useLoad('session', async () => {
    await signInByLink()
    const who = await dataOf(sluice.GET('/console/session'))
    returnToPlace()
    return who
  })
  if (session.status === 'loading') return <p className="loading">Opening the console …</p>
  if (session.status === 'failed' && session.error.status !== 401) {
    return (
      <main className="sign-in">
        <Notice tone="bad">{session.error.message}</Notice>
        <button type="button" className="primary" onClick={session.reload}>
          Try again
        </button>
      </main>
    )
  }
  if (session.status === 'failed') return <SignInPage refusal={session.error} onSignedIn={session.reload} />
  return (
    <NavigationProvider>
      <ConsoleFrame tenant={session.data.tenant.name} user={session.data.user} onSignedOut={session.reload}>
        <Page user={session.data.user} />
      </ConsoleFrame>
    </NavigationProvider>
  )
}

function Page({ user }: { user: string }): ReactNode {
  const { path } = useNavigation()
  const [, , place, id] = path.split('/')
  if (path === '/' || (place === 'connections' && !id)) return <ConnectionsPage />
  if (place === 'connections' && id) return <ConnectionPage key={id} id={id} />
  if (place === 'connectors') return <ConnectorsPage />
  if (place === 'integrations') return <IntegrationsPage />
  if (place === 'connect-link') return <ConnectLinkPage />
  if (place === 'login' && id) return <LoginPage key={id} id={id} user={user} />
  if (place === 'device') return <DevicePage user={user} />
  return <Notice tone="bad">There is no page at this address.</Notice>
}
