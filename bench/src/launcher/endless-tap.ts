// A tap that prints records of 1 KB as fast as a pipe takes them, in the words of Singer: its rate is that of `yes`.
import type { CaptureRequest, Launch } from '@sluice/launcher'

export const MB = 1e6
export const RECORD_BYTES = 1024
const SCHEMA = JSON.stringify({ type: 'SCHEMA', stream: 'rows', schema: { type: 'object' }, key_properties: ['id'] })
const STATE = JSON.stringify({ type: 'STATE', value: { bookmarks: { rows: { at: 1 } } } })

export const REQUEST: CaptureRequest = {
  name: 'bench/rows',
  config: {},
  state: {},
  bindings: [
    {
      collection: { name: 'bench/rows', key: ['/id'], schema: {} },
      resource_config: { tap_stream_id: 'rows' },
      resource_path: ['rows'],
    },
  ],
}

/** A shell script that prints a schema, records of so many bytes altogether, and a state. */
export function tapScript(bytes: number): string {
  const records = Math.floor(bytes / RECORD_BYTES)
  return `echo '${SCHEMA}'; yes '${recordLine()}' | head -c ${records * RECORD_BYTES}; echo '${STATE}'`
}

export function tapLaunch(bytes: number): Launch {
  return { name: 'bench/tap', command: ['/bin/sh', '-c', tapScript(bytes)], cwd: '/', env: {}, secrets: [] }
}

function recordLine(): string {
  const of = (pad: string) => JSON.stringify({ type: 'RECORD', stream: 'rows', record: { id: 1, name: 'a row', pad } })
  return of('x'.repeat(RECORD_BYTES - 1 - of('').length))
}
