// What the browser shows: plain HTML that loads nothing, runs nothing and cannot be framed.
import { createHash } from 'node:crypto'
import type { ServerResponse } from 'node:http'

export interface Page {
  status: number
  title: string
  /** Plain text; escaped here. */
  paragraphs: readonly string[]
}

const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:36rem;margin:18vh auto;padding:0 1.5rem;color:#1b2330;background:#f7f8fa;overflow-wrap:anywhere}' +
  'h1{font-size:1.4rem}@media(prefers-color-scheme:dark){body{color:#e7ebf1;background:#12161d}}'

const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': [
    "default-src 'none'",
    `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  connection: 'close',
}

/** Settles when the page has left, or the browser has gone. */
export async function sendPage(response: ServerResponse, page: Page): Promise<void> {
  const left = new Promise<void>((resolve) => response.once('finish', resolve).once('close', resolve))
  if (response.destroyed) return
  response.writeHead(page.status, HEADERS).end(renderPage(page))
  await left
}

function renderPage({ title, paragraphs }: Page): string {
  const body = paragraphs.map((text) => `<p>${escapeHtml(text)}</p>`).join('')
  return (
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">' +
    `<title>${escapeHtml(title)} – Sluice</title><style>${STYLE}</style><h1>${escapeHtml(title)}</h1>${body}</html>`
  )
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
