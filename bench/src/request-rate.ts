import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { promisify } from 'node:util'
import { median } from './result.ts'

const AUTOCANNON = createRequire(import.meta.url).resolve('autocannon/autocannon.js')
const CONNECTIONS = 50
const WARM_UP_SECONDS = 1
const SECONDS = 3
const RUNS = 3

/**
 * Requests per second that the server at `url` answers: the median of three runs of three seconds each, after one
 * second to warm up. The load comes from a process of its own.
 *
 * @throws Error when a request fails or is not answered with a 2xx status.
 */
export async function requestRate(url: string, { method = 'GET' } = {}): Promise<number> {
  await load(url, method, WARM_UP_SECONDS)
  const rates: number[] = []
  for (let run = 0; run < RUNS; run += 1) rates.push(await load(url, method, SECONDS))
  return Math.round(median(rates))
}

async function load(url: string, method: string, seconds: number): Promise<number> {
  const args = ['--json', '--no-progress', '-c', String(CONNECTIONS), '-d', String(seconds), '-m', method, url]
  const { stdout } = await promisify(execFile)(process.execPath, [AUTOCANNON, ...args])
  const report = JSON.parse(stdout) as { requests: { average: number }; errors: number; non2xx: number }
  if (report.errors > 0 || report.non2xx > 0) {
    throw new Error(`${url} answered ${report.non2xx} requests without success; ${report.errors} others failed.`)
  }
  return report.requests.average
}
