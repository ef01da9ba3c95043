import { randomBytes } from 'node:crypto'

export interface Page {
  headers: Record<string, string>
  html: string
}

const STYLE = `
:root { color-scheme: light dark; --ink: #1d2b24; --dim: #5c6b63; --line: #d5ddd8; --ground: #eef3ef; --sheet: #fff; --leaf: #1f7a4d; --on-leaf: #fff }
@media (prefers-color-scheme: dark) { :root { --ink: #e8efea; --dim: #a3b1a9; --line: #3a4740; --ground: #131a16; --sheet: #1c2520; --leaf: #6fd3a0; --on-leaf: #0c1f15 } }
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem; background: var(--ground); color: var(--ink); font: 1rem/1.5 Georgia, 'Times New Roman', serif }
main { width: 100%; max-width: 27rem; background: var(--sheet); border: 1px solid var(--line); border-radius: 4px; padding: 1.75rem }
header { display: flex; align-items: center; gap: .5rem; margin-bottom: 1.25rem; font-size: 1.25rem; letter-spacing: .02em }
header svg { width: 1.5rem; height: 1.5rem; fill: var(--leaf) }
h1 { font-size: 1.375rem; line-height: 1.3; font-weight: 600; margin: 0 0 1rem; overflow-wrap: anywhere }
h2, legend { font-size: .9375rem; font-weight: 600; margin: 0 0 .5rem; padding: 0 }
ul { margin: 0 0 1.25rem; padding-left: 1.25rem }
li + li { margin-top: .25rem }
fieldset { border: 0; margin: 0 0 1.25rem; padding: 0 }
label { display: flex; align-items: center; gap: .75rem; min-height: 3rem; padding: .375rem .75rem; border: 1px solid var(--line); border-radius: 4px; cursor: pointer }
label + label { margin-top: .5rem }
label:has(:checked) { border-color: var(--leaf); box-shadow: inset 0 0 0 1px var(--leaf) }
input { accent-color: var(--leaf); width: 1.125rem; height: 1.125rem; margin: 0; flex: none }
small { display: block; color: var(--dim) }
p { margin: 0 0 1rem }
.note { color: var(--dim); font-size: .875rem; margin: 1.25rem 0 0; overflow-wrap: anywhere }
.actions { display: flex; gap: .75rem }
button { flex: 1; min-height: 3rem; font: inherit; border-radius: 4px; border: 1px solid var(--line); background: none; color: inherit; cursor: pointer }
button.primary { background: var(--leaf); border-color: var(--leaf); color: var(--on-leaf) }
:focus-visible { outline: 3px solid var(--leaf); outline-offset: 2px }
`

const FLASK =
  '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M8 2h8v2h-1v5.2l5.6 9.6A2.1 2.1 0 0 1 18.8 22H5.2a2.1 2.1 0 0 1-1.8-3.2L9 9.2V4H8Zm3 2v5.7L8.5 14h7L13 9.7V4Z"/></svg>'

/** A whole page of the lab. `body` is HTML; `form_action` names the origins that its form may lead to, by redirects too. */
export function renderPage(title: string, body: string, form_action = "'none'"): Page {
  const nonce = randomBytes(16).toString('base64')
  return {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': `default-src 'none'; style-src 'nonce-${nonce}'; form-action ${form_action}; base-uri 'none'; frame-ancestors 'none'`,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    },
    html: `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} · Lab</title>
<style nonce="${nonce}">${STYLE}</style>
</head>
<body>
<main>
<header>${FLASK}<span>Lab</span></header>
${body}
</main>
</body>
</html>
`,
  }
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
