// Everything that a backend needs to bring a person to the connect page, given once, when the session is created.
import { z } from '@hono/zod-openapi'
import { connectSessionSchema } from './connect-session-record.ts'
import { POLL_INTERVAL_SECONDS, showUserCode } from './user-code.ts'

export const createdConnectSessionSchema = connectSessionSchema
  .extend({
    url: z
      .url()
      .openapi({ description: 'The connect link: redirect the person there, send it, or open it in a popup.' }),
    qr_url: z.url().openapi({ description: 'The link as a QR code (SVG), for people who go on with their phone.' }),
    embed_url: z
      .url()
      .nullable()
      .openapi({ description: 'A small page for a frame on one of the `allowed_origins`; null without any.' }),
    status_token: z.string().openapi({
      description: 'Reads the status of this session and nothing else, so it may be given to a browser.',
    }),
    status_url: z.url().openapi({ description: 'Answers with the status, without an API key: `?wait=30` waits.' }),
    device: z
      .object({
        device_code: z.string().openapi({ description: 'Polled with; the same as `status_token`.' }),
        user_code: z.string().openapi({ example: 'WDJB-MJHT' }),
        verification_uri: z.url().openapi({ description: 'Where the person types the code.' }),
        verification_uri_complete: z.url(),
        expires_in: z.int().openapi({ description: 'Seconds.' }),
        interval: z.int().openapi({ description: 'Seconds to leave between two polls.' }),
      })
      .openapi({ description: 'For a console without a browser, named as in RFC 8628 §3.2.' }),
  })
  .openapi('CreatedConnectSession')

export type WaysIn = ReturnType<typeof waysIn>

export interface SessionSecrets {
  link_token: string
  status_token: string
  user_code: string
  user_code_seconds: number
}

export function waysIn(baseUrl: string, secrets: SessionSecrets, allowedOrigins: string[]) {
  const at = (path: string) => new URL(path, baseUrl).href
  const { link_token, status_token } = secrets
  const user_code = showUserCode(secrets.user_code)
  return {
    url: at(`/connect/${link_token}`),
    qr_url: at(`/connect/${link_token}/qr.svg`),
    embed_url: allowedOrigins.length === 0 ? null : at(`/connect/${link_token}/embed`),
    status_token,
    status_url: at(`/connect_status/${status_token}`),
    device: {
      device_code: status_token,
      user_code,
      verification_uri: at('/connect'),
      verification_uri_complete: at(`/connect?code=${user_code}`),
      expires_in: secrets.user_code_seconds,
      interval: POLL_INTERVAL_SECONDS,
    },
  }
}
