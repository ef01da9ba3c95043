// A capture that does not end when it is asked to, with a process in a session of its own that does not either. Both bear
// the marker in their command line.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

const { STUBBORN_MARKER = '' } = process.env
const print = (message: object) => process.stdout.write(`${JSON.stringify(message)}\n`)
const stay = () => setInterval(() => {}, 1000)

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => {})
if (process.argv.includes('forked')) {
  stay()
} else {
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line) as Record<string, unknown>
    const resource = { recommendedName: 'work', resourceConfig: { name: 'work' }, documentSchema: {}, key: ['/id'] }
    const spec = { protocol: 3032023, configSchema: {}, resourceConfigSchema: {}, resourcePathPointers: ['/name'] }
    if (request.spec) print({ spec: { ...spec, documentationUrl: 'https://example.com' } })
    if (request.discover) print({ discovered: { bindings: [resource] } })
    if (request.validate) print({ validated: { bindings: [{ resourcePath: ['work'] }] } })
    if (request.apply) print({ applied: {} })
    if (!request.open) continue
    const forked = spawn(process.execPath, [import.meta.filename, 'forked', STUBBORN_MARKER], { detached: true })
    forked.unref()
    print({ opened: {} })
    print({ captured: { binding: 0, doc: { id: 1 } } })
    print({ checkpoint: { state: { updated: { at: 1 } } } })
    stay()
  }
}
