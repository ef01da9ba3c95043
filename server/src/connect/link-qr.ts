import { renderSVG } from 'uqr'
import type { Api } from '../http/api.ts'
import type { Services } from '../services.ts'
import { findConnectSession } from './connect-link.ts'

/** The connect link as a QR code, for a page or a screen that a person scans with their phone. */
export function linkQr(api: Api, services: Services) {
  api.get('/connect/:token/qr.svg', async (c) => {
    const token = c.req.param('token')
    await findConnectSession(services, token)
    const link = new URL(`/connect/${encodeURIComponent(token)}`, services.base_url).href
    return c.body(renderSVG(link, { border: 2 }), 200, {
      'content-type': 'image/svg+xml',
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'",
      'cross-origin-resource-policy': 'cross-origin',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    })
  })
}
