// How long `sluice --help` takes as users have it, bundled and installed, and in a checkout (the second time: Node's compile
// cache is filled), against a Node program that does nothing. They take turns, so that all see the same machine.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { type Measurement, median, roundTo } from '../result.ts'
import { withScratchDirectory } from '../scratch-directory.ts'

export const description = 'milliseconds of `sluice --help`, against an empty Node program'

const CHECKOUT = fileURLToPath(new URL('../../..', import.meta.url))
const IN_CHECKOUT = join(CHECKOUT, 'cli/bin/sluice.mjs')
const RUNS = 21

export async function measure(): Promise<Measurement[]> {
  const help: number[] = []
  const inCheckout: number[] = []
  const empty: number[] = []
  await withScratchDirectory(async (directory) => {
    const env = { PATH: process.env.PATH, HOME: directory, NODE_COMPILE_CACHE: join(directory, 'compile-cache') }
    const installed = join(directory, 'package/sluice.mjs')
    milliseconds(['--import', './infra/runtime.mjs', 'infra/build-cli.ts', join(directory, 'package')], env)
    for (const program of [installed, IN_CHECKOUT]) milliseconds([program, '--help'], env)
    for (let run = 0; run < RUNS; run += 1) {
      help.push(milliseconds([installed, '--help'], env))
      inCheckout.push(milliseconds([IN_CHECKOUT, '--help'], env))
      empty.push(milliseconds(['--eval', ''], env))
    }
  })
  const reference = 'cli.startup_node'
  return [
    { id: 'cli.startup', value: roundTo(median(help), 1), unit: 'ms', reference, aim: 'value <= 150' },
    { id: 'cli.startup_checkout', value: roundTo(median(inCheckout), 1), unit: 'ms', reference },
    { id: reference, value: roundTo(median(empty), 1), unit: 'ms' },
  ]
}

function milliseconds(args: string[], env: Record<string, string | undefined>): number {
  const began = performance.now()
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: CHECKOUT, env, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}:\n${stderr}`)
  return performance.now() - began
}
