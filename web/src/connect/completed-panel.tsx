import type { ConnectLink } from '@sluice/client'
import { CopyButton } from '../page/copy-button.tsx'
import { Moment, relativeTime } from '../page/moment.tsx'
import { StatusBadge } from '../page/status-badge.tsx'
import { webAddress } from '../page/web-address.ts'
import { PreviewPanel } from './preview-panel.tsx'

/** The connection that the person just made. */
export function CompletedPanel({ token, link }: { token: string; link: ConnectLink }) {
  const { connection, connector, provider } = link
  const returnTo = webAddress(link.return_to)
  const expiry = connection?.access_token_expires_at
  return (
    <>
      <div className="done-sign" aria-hidden="true" />
      <h1>{connector.title} is connected</h1>
      <p className="lead">
        {provider?.title ?? 'The provider'} allowed access. {!returnTo && 'You may close this page.'}
      </p>
      {connection && (
        <dl className="facts">
          <div>
            <dt>Status</dt>
            <dd>
              <StatusBadge status={connection.status} />
            </dd>
          </div>
          <div>
            <dt>Connection</dt>
            <dd>
              <code className="id">{connection.id}</code> <CopyButton text={connection.id} />
            </dd>
          </div>
          {link.connecting_for !== null && (
            <div>
              <dt>For</dt>
              <dd>{link.connecting_for}</dd>
            </div>
          )}
          {expiry && (
            <div>
              <dt>Access token expires</dt>
              <dd>
                <Moment at={expiry} /> <span className="muted">({relativeTime(expiry, new Date())})</span>
              </dd>
            </div>
          )}
        </dl>
      )}
      {returnTo && (
        <a className="button primary wide" href={returnTo} rel="noreferrer">
          Continue
        </a>
      )}
      {link.preview && connection && <PreviewPanel token={token} connectionId={connection.id} />}
    </>
  )
}
