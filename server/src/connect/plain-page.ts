// Pages without scripts: for answers that must not depend on any, and for frames. What they show is escaped by `html`.
import { createHash } from 'node:crypto'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { type Content, html, Markup } from '../reference/markup.ts'

const stylesheet = `
:root{--ink:#15242b;--muted:#566871;--line:#8a9ba3;--ground:#f2f6f7;--surface:#fff;--accent:#0d5c63;--on-accent:#fff;--bad:#a3221b;color-scheme:light dark}
@media(prefers-color-scheme:dark){:root{--ink:#e7eef0;--muted:#a2b3ba;--line:#62757d;--ground:#0e1518;--surface:#161f23;--accent:#5cc2c6;--on-accent:#06292c;--bad:#ff9a92}}
*{box-sizing:border-box}
body{margin:0;padding:8vh 1rem 2rem;font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;color:var(--ink);background:var(--ground)}
main{max-width:34rem;margin:auto;padding:2rem;border-radius:14px;background:var(--surface);overflow-wrap:anywhere}
h1{margin:0 0 .5rem;font-size:1.5rem;line-height:1.25}
p{margin:0 0 1rem}
label,legend{display:block;margin:1rem 0 .25rem;font-weight:600}
input:not([type=checkbox]),select,textarea{width:100%;padding:.625rem .75rem;border:1px solid var(--line);border-radius:10px;font:inherit;color:inherit;background:transparent}
select option{color:var(--ink);background:var(--surface)}
input.code{font:600 1.5rem/1.4 ui-monospace,Menlo,Consolas,monospace;letter-spacing:.15em;text-align:center;text-transform:uppercase}
button,a.button{display:block;width:100%;margin-top:1.5rem;padding:.75rem 1rem;border:0;border-radius:10px;font:inherit;font-weight:600;text-align:center;text-decoration:none;color:var(--on-accent);background:var(--accent);cursor:pointer}
a{color:var(--accent)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.muted,small{color:var(--muted)}
.bad{color:var(--bad)}
small{display:block}
@media(max-width:30rem){body{padding:1.25rem .75rem}main{padding:1.25rem 1.125rem}}
`.trim()

const styleHash = createHash('sha256').update(stylesheet).digest('base64')

export interface PlainPage {
  status?: ContentfulStatusCode
  title: string
  content: Content
  /** Where a form may post to; nowhere unless given. */
  form?: "'self'"
  /** Origins whose pages may frame it; none unless given. */
  frames?: string[]
  /** An address of the web to go on to at once. */
  refresh?: { seconds: number; url: string }
}

export function plainPage(page: PlainPage): Response {
  const { body, ...init } = renderPlainPage(page)
  return new Response(body, init)
}

/** As its parts, for handlers that have set cookies. */
export function renderPlainPage({ status = 200, title, content, form, frames = [], refresh }: PlainPage) {
  const policy = [
    "default-src 'none'",
    `style-src 'sha256-${styleHash}'`,
    "base-uri 'none'",
    `form-action ${form ?? "'none'"}`,
    `frame-ancestors ${frames.length === 0 ? "'none'" : frames.join(' ')}`,
  ].join('; ')
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>${refresh && html`<meta http-equiv="refresh" content="${refresh.seconds};url=${refresh.url}">`}
<style>${new Markup(stylesheet)}</style></head><body><main>${content}</main></body></html>`
  return {
    body: page.text,
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy,
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    },
  }
}
