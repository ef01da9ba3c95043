import { PassThrough, Writable } from 'node:stream'
import type { Exit, Runtime } from '@sluice/launcher'

/** Starts nothing: hands on, whole, the lines that a connector would be given on stdin, and ends when they do. */
export function recordingRuntime(onLine: (line: string) => Promise<void>): Runtime {
  return {
    name: 'process',
    async start() {
      const exited = Promise.withResolvers<Exit>()
      const [stdout, stderr] = [new PassThrough(), new PassThrough()]
      const stdin = recorder(onLine)
      const end = () => {
        stdout.end()
        stderr.end()
        exited.resolve({ code: 0, signal: null })
      }
      stdin.once('finish', end).once('error', end)
      return {
        stdin,
        stdout,
        stderr,
        result: null,
        directory: '/recorded',
        readFile: async () => null,
        writeFile: async () => {},
        exited: exited.promise,
        async stop() {
          stdin.end()
          return await exited.promise
        },
      }
    },
    sweep: async () => {},
    describeConfinement: async () => ({ kind: 'none', summary: 'Nothing is started.', gaps: [] }),
    close: async () => {},
  }
}

function recorder(onLine: (line: string) => Promise<void>): Writable {
  let rest = ''
  const take = async (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) await onLine(line)
  }
  return new Writable({
    decodeStrings: false,
    write(chunk, _encoding, callback) {
      take(String(chunk)).then(() => callback(), callback)
    },
  })
}
