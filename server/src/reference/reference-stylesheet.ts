/** The reference page's look, to be served as `text/css` at `REFERENCE_STYLESHEET_PATH`. */
export const referenceStylesheet = `
:root { --ink: #17242b; --muted: #5a6b74; --line: #dfe6e9; --ground: #ffffff; --shade: #f4f7f8; --accent: #0d5c63; --good: #1d7a46; --bad: #b3261e }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6edf0; --muted: #9fb0b8; --line: #2b3a41; --ground: #10181c; --shade: #172126; --accent: #6cc8cb; --good: #6fcf97; --bad: #ff8a80 }
}
* { box-sizing: border-box }
html { scroll-padding-top: 1rem }
body { margin: 0; background: var(--ground); color: var(--ink); font: 1rem/1.6 system-ui, sans-serif; display: grid; grid-template-columns: 18rem minmax(0, 1fr) }
a { color: var(--accent) }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px }
.skip { position: absolute; left: -100rem } .skip:focus { left: 1rem; top: 1rem; background: var(--ground); padding: .5rem 1rem }
nav { position: sticky; top: 0; height: 100vh; overflow-y: auto; padding: 1.5rem 1rem; border-right: 1px solid var(--line); background: var(--shade); font-size: .875rem }
nav p { margin: 1.25rem 0 .25rem; font-weight: 600 }
nav .product { margin-top: 0; font-size: 1.125rem } nav .product span { color: var(--muted); font-weight: 400; font-size: .875rem }
nav ul { list-style: none; margin: 0; padding: 0 }
nav a { display: block; padding: .2rem 0; color: var(--ink); text-decoration: none } nav a:hover { text-decoration: underline }
main { padding: 2rem 3rem 6rem; max-width: 60rem }
h1 { font-size: 2rem; line-height: 1.2; margin: 0 0 1rem }
h2 { margin: 3.5rem 0 0; font-size: 1.5rem }
h3 { margin: 0 0 .25rem; font-size: 1.25rem } h3 a { color: inherit; text-decoration: none } h3 a:hover { text-decoration: underline }
h4 { margin: 1.5rem 0 .5rem; font-size: .8125rem; letter-spacing: .04em; text-transform: uppercase; color: var(--muted) }
.operation { margin-top: 2rem; padding-top: 2rem; border-top: 1px solid var(--line) }
code, pre { font: .875rem/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace }
p code, li code, span code { background: var(--shade); padding: .1em .3em; border-radius: 4px; overflow-wrap: anywhere }
pre { margin: 0; padding: 1rem; background: #10262b; color: #e2f1f1; border-radius: 8px; overflow-x: auto }
.endpoint { margin: 0 0 1rem } .endpoint code { background: none; padding: 0 }
.method { display: inline-block; min-width: 3.4em; font: 600 .6875rem/1.6 ui-monospace, Menlo, Consolas, monospace; color: var(--accent) }
.method.POST { color: var(--good) } .method.DELETE { color: var(--bad) }
.fields { list-style: none; margin: 0; padding: 0; border-left: 2px solid var(--line) }
.fields .fields { margin: .25rem 0 .5rem .75rem }
.fields li { padding: .35rem 0 .35rem .9rem }
.fields .name { background: none; padding: 0; font-weight: 600 }
.type, .rules { color: var(--muted); font-size: .875rem }
.required { color: var(--bad); font-size: .75rem }
.about, .rules { display: block; font-size: .9375rem } .rules { font-size: .8125rem; overflow-wrap: anywhere }
details > summary { cursor: pointer; margin-bottom: .5rem; color: var(--muted) }
.status { font: 600 .875rem ui-monospace, Menlo, Consolas, monospace; margin-right: .5rem; text-decoration: none }
.status.good { color: var(--good) } .status.bad { color: var(--bad) }
.problems { list-style: none; padding: 0; margin: 1rem 0 0; font-size: .9375rem }
@media (max-width: 52rem) {
  body { display: block } main { padding: 1.5rem 1rem 4rem }
  nav { position: static; height: auto; max-height: 50vh; border-right: 0; border-bottom: 1px solid var(--line) }
}
`
