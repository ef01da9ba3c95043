import { type Connection, dataOf } from '@sluice/client'
import { CopyBlock, CopyButton } from '../page/copy-button.tsx'
import { Moment } from '../page/moment.tsx'
import { Notice } from '../page/notice.tsx'
import { StatusBadge } from '../page/status-badge.tsx'
import { useLoad } from '../page/use-load.ts'
import { previewCommand } from '../run/curl-command.ts'
import { ConnectionRuns } from './connection-runs.tsx'
import { sluice } from './console-calls.ts'
import { LoadedView } from './loaded-view.tsx'
import { Link } from './navigation.tsx'

export function ConnectionPage({ id }: { id: string }) {
  const connection = useLoad(id, () => dataOf(sluice.GET('/v1/connections/{id}', { params: { path: { id } } })))
  return (
    <>
      <Link to="/" className="back">
        Connections
      </Link>
      <LoadedView of={connection}>
        {(data) => (
          <>
            <div className="title-row">
              <h1>{data.connector_id}</h1>
              <StatusBadge status={data.status} />
            </div>
            {data.status_reason && <Notice tone="bad">{data.status_reason}</Notice>}
            <ConnectionFacts connection={data} />
            <ConnectionRuns connectionId={id} onEnd={connection.status === 'ready' ? connection.reload : undefined} />
            <details className="by-api">
              <summary>By API</summary>
              <CopyBlock text={previewCommand(location.origin, id)} label="curl command" />
            </details>
          </>
        )}
      </LoadedView>
    </>
  )
}

function ConnectionFacts({ connection }: { connection: Connection }) {
  const { end_user, access_token_expires_at, scopes } = connection
  return (
    <div className="columns">
      <dl className="facts panel">
        <Fact name="Connection">
          <code className="id">{connection.id}</code> <CopyButton text={connection.id} />
        </Fact>
        <Fact name="For">{end_user ? `${end_user.email ?? end_user.id}` : '–'}</Fact>
        <Fact name="Access token expires">
          {access_token_expires_at ? <Moment at={access_token_expires_at} /> : 'The provider did not say'}
        </Fact>
        <Fact name="Scopes">{scopes.length > 0 ? scopes.join(', ') : 'The provider did not say'}</Fact>
        <Fact name="Created">
          <Moment at={connection.created_at} />
        </Fact>
      </dl>
      <section className="panel" aria-label="Config">
        <h2>Config</h2>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so it must be reachable by keyboard */}
        <pre tabIndex={0}>{JSON.stringify(connection.config, null, 2)}</pre>
      </section>
    </div>
  )
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
