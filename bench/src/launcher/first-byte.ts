// How long until a program that was asked something answers its first byte: started by a bare spawn, and by the process
// runtime as a server uses it. And how long a server of 1 GB can answer nobody while it starts one.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { createProcessRuntime, type Program } from '@sluice/launcher'
import { type Measurement, median } from '../result.ts'

const ROUNDS = 40
const BALLAST_BYTES = 1024 ** 3
const PROGRAM: Program = {
  name: 'bench/echo',
  command: ['/bin/sh', '-c', 'read line; echo "$line"'],
  cwd: '/',
  env: {},
  stdin: 'pipe',
}

type Round = () => Promise<number>

export async function measureFirstByte(): Promise<Measurement[]> {
  const spawned = createProcessRuntime({ spawner: true })
  const direct = createProcessRuntime()
  const viaSpawner = () => firstByte(() => spawned.start(PROGRAM))
  const viaFork = () => firstByte(() => direct.start(PROGRAM))
  try {
    const [bare, served, forked] = await interleaved([bareFirstByte, viaSpawner, viaFork])
    const ballast = Buffer.alloc(BALLAST_BYTES, 1)
    const blocked = { spawner: await blockedBy(viaSpawner), fork: await blockedBy(viaFork) }
    ballast.fill(0)
    return [
      { id: 'launcher.bare_spawn', value: bare, unit: 'ms' },
      { id: 'launcher.first_byte', value: served - bare, unit: 'ms over a bare spawn', aim: 'value <= 15' },
      { id: 'launcher.first_byte_without_spawner', value: forked - bare, unit: 'ms over a bare spawn' },
      {
        id: 'launcher.blocked_at_1_gb',
        value: blocked.spawner,
        unit: 'ms',
        reference: 'launcher.blocked_without_spawner',
      },
      { id: 'launcher.blocked_without_spawner', value: blocked.fork, unit: 'ms' },
    ]
  } finally {
    await Promise.all([spawned.close(), direct.close()])
  }
}

/** Medians of the rounds, which take turns so that the machine's other work is shared among them. */
async function interleaved(kinds: [Round, Round, Round]): Promise<[number, number, number]> {
  for (const round of kinds) await round()
  const times: [number[], number[], number[]] = [[], [], []]
  for (let n = 0; n < ROUNDS; n += 1) {
    times[0].push(await kinds[0]())
    times[1].push(await kinds[1]())
    times[2].push(await kinds[2]())
  }
  return [median(times[0]), median(times[1]), median(times[2])]
}

/** The median of the longest that the event loop stood still in a round. */
async function blockedBy(round: Round): Promise<number> {
  const longest: number[] = []
  for (let n = 0; n < ROUNDS / 4; n += 1) {
    const delay = monitorEventLoopDelay({ resolution: 1 })
    delay.enable()
    await round()
    delay.disable()
    longest.push(delay.max / 1e6)
  }
  return median(longest)
}

async function bareFirstByte(): Promise<number> {
  const [program = '', ...programArguments] = PROGRAM.command
  const started = performance.now()
  const child = spawn(program, programArguments, { stdio: ['pipe', 'pipe', 'pipe'] })
  child.stdin.write('hello\n')
  await once(child.stdout, 'data')
  const time = performance.now() - started
  await once(child, 'exit')
  return time
}

async function firstByte(start: () => ReturnType<ReturnType<typeof createProcessRuntime>['start']>): Promise<number> {
  const started = performance.now()
  const running = await start()
  running.stdin?.write('hello\n')
  await once(running.stdout, 'data')
  const time = performance.now() - started
  await running.exited
  return time
}
