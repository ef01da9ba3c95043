// `npm run faults [-- --runs N] [-- --seed S]`: real servers killed (SIGKILL) while they refresh, at every step and against
// every rotation policy of a provider. The last line tells kills, grants lost, losses that could have been avoided, and
// provider calls for each rotation.
import { parseArgs } from 'node:util'
import './test-run/exit-on-signal.mjs'
import type { Deferring } from '../server/src/testing/defer.ts'
import { bundleServer } from '../server/src/testing/refresh-faults/another-server.ts'
import { type KillPoint, killPoints } from '../server/src/testing/refresh-faults/kill-points.ts'
import { type KillTally, killRefreshes } from '../server/src/testing/refresh-faults/kill-refreshes.ts'
import { rotationPolicies } from '../server/src/testing/refresh-faults/rotation-policies.ts'
import { temporaryDirectory } from '../server/src/testing/temporary-directory.ts'
import { seededRandom } from './faults/random.ts'
import { print } from './terminal.ts'
import { startEmbeddedTestDatabase, useTestDatabase } from './test-run/test-databases.ts'
import { isolateEnvironment } from './test-run/test-environment.ts'

/** Side by side for each policy: most of a kill is waiting for a lease or a token to run out. */
const LANES = 2

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '500' }, seed: { type: 'string', default: String(Date.now() % 1e6) } },
})
const runs = Number(values.runs)
const seed = Number(values.seed)
if (!Number.isInteger(runs) || runs < 1 || !Number.isInteger(seed)) {
  process.stderr.write('Usage: npm run faults -- [--runs 500] [--seed 1]\n')
  process.exit(2)
}

isolateEnvironment(process.env)
await using undo = new AsyncDisposableStack()
const scope: Deferring = { after: (act) => undo.defer(act) }
const database = await startEmbeddedTestDatabase()
undo.defer(database.stop)
useTestDatabase(database)
const program = await bundleServer(temporaryDirectory(scope))
const started = performance.now()
print(`${runs} kills, seed ${seed}; repeat them by --seed ${seed}`)

let kills = 0
const onKill = () => {
  kills += 1
  if (kills % 50 === 0) print(`  ${kills} of ${runs} after ${secondsSince(started)} s …`)
}
const tallies = await Promise.all(
  rotationPolicies.map(async (policy, index) => {
    const shares = pointsOf(index)
    const lanes = shares.map(({ points, random }) => killRefreshes(scope, policy, points, { random, program, onKill }))
    return (await Promise.all(lanes)).reduce(add)
  }),
)

for (const [index, tally] of tallies.entries()) {
  const { name } = rotationPolicies[index] ?? { name: '' }
  print(`${name.padEnd(18)} ${describe(tally)}`)
  for (const loss of tally.avoidable) print(`  avoidable: ${loss}`)
}
const all = tallies.reduce(add)
// A run in which nothing was refreshed proves nothing.
const progress = all.rotations > 0 && all.rotations >= (all.kills - all.lost) / 2
if (!progress) print('Hardly a grant was refreshed: this run proves nothing.')
print(`${describe(all)} (${secondsSince(started)} s)`)
process.exitCode = all.avoidable.length > 0 || all.kills < runs || !progress ? 1 : 0

/** The points of one policy, each about as often, in an order that the seed gives; dealt out to its lanes. */
function pointsOf(index: number): { points: KillPoint[]; random: () => number }[] {
  const random = seededRandom(seed * rotationPolicies.length + index)
  const share = Math.floor(runs / rotationPolicies.length) + (index < runs % rotationPolicies.length ? 1 : 0)
  const points = Array.from({ length: share }, (_, count) => killPoints[count % killPoints.length])
    .filter((point) => point !== undefined)
    .map((point) => ({ point, place: random() }))
    .sort((one, other) => one.place - other.place)
    .map(({ point }) => point)
  return Array.from({ length: LANES }, (_, lane) => ({
    points: points.filter((_, place) => place % LANES === lane),
    random: seededRandom(Math.floor(random() * 1e9)),
  }))
}

function secondsSince(instant: number): number {
  return Math.round((performance.now() - instant) / 1000)
}

function add(one: KillTally, other: KillTally): KillTally {
  return {
    kills: one.kills + other.kills,
    survived: one.survived + other.survived,
    lost: one.lost + other.lost,
    avoidable: [...one.avoidable, ...other.avoidable],
    rotations: one.rotations + other.rotations,
    provider_calls: one.provider_calls + other.provider_calls,
  }
}

function describe({ kills, lost, avoidable, rotations, provider_calls }: KillTally): string {
  const calls = rotations === 0 ? '–' : (provider_calls / rotations).toFixed(2)
  return `${kills} kills, ${lost} grants lost, ${avoidable.length} avoidable losses, ${calls} provider calls per rotation`
}
