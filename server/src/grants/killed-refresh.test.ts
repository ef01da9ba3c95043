import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { bundleServer } from '../testing/refresh-faults/another-server.ts'
import { killPoints } from '../testing/refresh-faults/kill-points.ts'
import { killRefreshes } from '../testing/refresh-faults/kill-refreshes.ts'
import { rotationPolicies } from '../testing/refresh-faults/rotation-policies.ts'
import { temporaryDirectory } from '../testing/temporary-directory.ts'

describe('refreshes whose server is killed', { concurrency: rotationPolicies.length }, () => {
  const program = bundleServer(temporaryDirectory({ after }))
  for (const policy of rotationPolicies) {
    test(`S58 a server killed at each step of a refresh loses no grant that the provider keeps: ${policy.name}`, async (t) => {
      const points = killPoints.filter(({ at }) => at !== 'anywhere')
      const tally = await killRefreshes(t, policy, points, { random: Math.random, program: await program })
      assert.deepEqual(tally.avoidable, [])
      assert.equal(tally.kills, points.length)
      // Every grant that lives on made progress, or all would have passed by doing nothing.
      assert.ok(tally.rotations >= points.length - tally.lost - 1, `${tally.rotations} rotations`)
      // Only what the provider had done before the kill, and its answer not stored, is gone for good.
      assert.equal(tally.lost, policy.loses_what_is_lost ? 3 : 0)
    })
  }
})
