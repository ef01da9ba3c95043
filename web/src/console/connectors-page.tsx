import { dataOf } from '@sluice/client'
import { useLoad } from '../page/use-load.ts'
import { webAddress } from '../page/web-address.ts'
import { sluice } from './console-calls.ts'
import { LoadedView } from './loaded-view.tsx'

export function ConnectorsPage() {
  const connectors = useLoad('connectors', () => dataOf(sluice.GET('/v1/connectors')))
  return (
    <>
      <h1>Connectors</h1>
      <LoadedView of={connectors}>
        {({ data }) =>
          data.length === 0 ? (
            <p className="empty">No connector answered. The server’s log says why.</p>
          ) : (
            <ul className="tiles">
              {data.map((connector) => (
                <li key={connector.id} className="panel">
                  <h2>{connector.title}</h2>
                  <p>
                    <code>{connector.id}</code>
                  </p>
                  <p className="muted">
                    Protocol {connector.protocol}.{' '}
                    {connector.oauth ? `Authorized at ${connector.oauth.provider}.` : 'Needs no authorization.'}
                  </p>
                  {webAddress(connector.documentation_url) && (
                    <a href={webAddress(connector.documentation_url)} target="_blank" rel="noopener noreferrer">
                      Documentation
                    </a>
                  )}
                </li>
              ))}
            </ul>
          )
        }
      </LoadedView>
    </>
  )
}
