import { z } from '@hono/zod-openapi'

/** An origin as browsers send it (RFC 6454 §6.2): https, or http where the host is this machine. */
export const originSchema = z
  .string()
  .max(300)
  .refine(isOrigin, { message: 'must be an origin such as https://app.example.com: no path, no trailing slash' })

function isOrigin(text: string): boolean {
  const url = URL.parse(text)
  if (url === null || url.origin !== text) return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.has(url.hostname))
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]'])
