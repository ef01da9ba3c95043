import { type Connection, dataOf } from '@sluice/client'
import { useState } from 'react'
import { Moment } from '../page/moment.tsx'
import { Notice } from '../page/notice.tsx'
import { StatusBadge } from '../page/status-badge.tsx'
import { apiError, useLoad } from '../page/use-load.ts'
import { sluice } from './console-calls.ts'
import { LoadedView } from './loaded-view.tsx'
import { Link } from './navigation.tsx'

const pageFrom = (cursor?: string) =>
  dataOf(sluice.GET('/v1/connections', { params: { query: { limit: 50, ...(cursor && { cursor }) } } }))

export function ConnectionsPage() {
  const connections = useLoad('connections', pageFrom)
  const [problem, setProblem] = useState<string>()
  const more = async (cursor: string) => {
    if (connections.status !== 'ready') return
    try {
      const next = await pageFrom(cursor)
      connections.replace({ ...next, data: [...connections.data.data, ...next.data] })
    } catch (cause) {
      setProblem(apiError(cause).message)
    }
  }
  return (
    <>
      <div className="title-row">
        <h1>Connections</h1>
        <Link to="/console/connect-link" className="button primary">
          New connect link
        </Link>
      </div>
      <LoadedView of={connections}>
        {({ data, next_cursor }) => (
          <>
            {data.length === 0 ? <NoConnections /> : <ConnectionTable connections={data} />}
            {problem && <Notice tone="bad">{problem}</Notice>}
            {next_cursor && (
              <button type="button" className="quiet" onClick={() => more(next_cursor)}>
                Show more
              </button>
            )}
          </>
        )}
      </LoadedView>
    </>
  )
}

function NoConnections() {
  return (
    <div className="empty">
      <p>No connections yet.</p>
      <p className="muted">Create a connect link and send it to the person who can authorize the source.</p>
    </div>
  )
}

function ConnectionTable({ connections }: { connections: Connection[] }) {
  return (
    <div className="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">Connection</th>
            <th scope="col">Status</th>
            <th scope="col">For</th>
            <th scope="col">Access token expires</th>
            <th scope="col">Created</th>
          </tr>
        </thead>
        <tbody>
          {connections.map(({ id, connector_id, status, end_user, access_token_expires_at, created_at }) => (
            <tr key={id}>
              <td>
                <Link to={`/console/connections/${id}`}>{connector_id}</Link>
                <code className="id muted">{id}</code>
              </td>
              <td>
                <StatusBadge status={status} />
              </td>
              <td>{end_user ? (end_user.email ?? end_user.id) : '–'}</td>
              <td>{access_token_expires_at ? <Moment at={access_token_expires_at} /> : '–'}</td>
              <td>
                <Moment at={created_at} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
