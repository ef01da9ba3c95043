import type { Demo } from './demo.ts'

/** What a person sees once everything answers. */
export function printBanner(demo: Demo): void {
  const { color } = terminal()
  const rows: [string, string][] = [
    ['Console', demo.base_url],
    ['Connect link', demo.connect_url],
    ['API reference', `${demo.base_url}/reference`],
    ['Data', `${demo.data_directory} (${demo.database})`],
    ['Lab', `${demo.lab_origin}, the provider of the demo`],
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  const lines = rows.map(([name, value]) => `  ${color(2, name.padEnd(width))}  ${value}`)
  process.stdout.write(`\n  ${color(1, 'Sluice is ready.')}\n\n${lines.join('\n')}\n`)
  const [key, note] =
    demo.admin_api_key === null
      ? ['was shown at the first start', '`npm start -- --new-admin-key` makes another.']
      : [demo.admin_api_key, 'Shown this once and stored hashed. `npm start -- --new-admin-key` makes another.']
  process.stdout.write(`\n  ${color(2, 'Admin API key')}  ${key}\n  ${color(2, note)}\n`)
  process.stdout.write(
    `\n  ${color(2, 'Sign-in link')}   ${demo.sign_in_url}\n  ${color(2, 'Opens the console, once, within 15 minutes.')}\n`,
  )
  process.stdout.write(`\n  Open the connect link to try it. Ctrl-C stops everything.\n\n`)
}

function terminal() {
  const colors = process.stdout.isTTY && process.stdout.hasColors()
  return { color: (code: number, text: string) => (colors ? `\u001b[${code}m${text}\u001b[0m` : text) }
}
