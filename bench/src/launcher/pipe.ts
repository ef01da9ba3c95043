// A tap piped into a target that parses every record: by the shell, and through the launcher.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { type Launch, pipe, protocolOf } from '@sluice/launcher'
import { type Measurement, median } from '../result.ts'
import { MB, REQUEST, tapLaunch, tapScript } from './endless-tap.ts'

const BYTES = 1_000 * MB
const ROUNDS = 3
const TARGET = `
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { type, value } = JSON.parse(line)
  if (type === 'STATE') console.log(JSON.stringify(value))
})`

export async function measurePipe(): Promise<Measurement[]> {
  const shell: number[] = []
  const launcher: number[] = []
  for (let round = 0; round <= ROUNDS; round += 1) {
    const rates = [await rate(throughShell), await rate(throughLauncher)] as const
    if (round === 0) continue
    shell.push(rates[0])
    launcher.push(rates[1])
  }
  return [
    { id: 'launcher.shell_pipe', value: Math.round(median(shell)), unit: 'MB/s' },
    {
      id: 'launcher.pipe',
      value: Math.round(median(launcher)),
      unit: 'MB/s',
      reference: 'launcher.shell_pipe',
      aim: 'ratio >= 0.6',
    },
  ]
}

async function rate(work: () => Promise<string>): Promise<number> {
  const started = performance.now()
  const state = await work()
  if (!state.includes('"bookmarks"')) throw new Error('the target stored nothing')
  return BYTES / MB / ((performance.now() - started) / 1000)
}

async function throughShell(): Promise<string> {
  const script = `{ ${tapScript(BYTES)}; } | "$0" -e "$1"`
  return (await promisify(execFile)('/bin/sh', ['-c', script, process.execPath, TARGET])).stdout
}

async function throughLauncher(): Promise<string> {
  const protocol = protocolOf('singer')
  const target: Launch = {
    name: 'bench/target',
    command: [process.execPath, '-e', TARGET, '--'],
    cwd: '/',
    env: {},
    secrets: [],
  }
  const source = { protocol, launch: tapLaunch(BYTES), request: REQUEST }
  let state = ''
  for await (const event of pipe(source, { protocol, launch: target, name: 'bench/target', config: {} })) {
    if (event.type === 'checkpoint') state = JSON.stringify(event.state.updated)
  }
  return state
}
