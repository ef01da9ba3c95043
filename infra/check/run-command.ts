import { execFile } from 'node:child_process'
import { delimiter, dirname } from 'node:path'

/** Runs a program of `node_modules/.bin`, or Node itself; null when it ends well, else what it printed. */
export function runCommand(checkout: string, [program = '', ...args]: string[]): Promise<string | null> {
  const path = program === 'node' ? process.execPath : `${checkout}/node_modules/.bin/${program}`
  // Programs of npm packages find Node by the PATH: it is to be the one that runs this.
  const env = { ...process.env, PATH: [dirname(process.execPath), process.env.PATH].join(delimiter) }
  return new Promise((resolve) => {
    execFile(path, args, { cwd: checkout, env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      resolve(error === null ? null : `${stdout}${stderr}`.trim() || error.message)
    })
  })
}
