import assert from 'node:assert/strict'
import { test } from 'node:test'
import { securityChecklist } from '../security-checklist.ts'
import { judgeLines, securityNumbers } from './judge-lines.ts'

test('a line fails by one failure, holds by a pass, does not apply by a skip, and is open without tests', () => {
  const lines = [1, 2, 3, 4, 5].map((number) => ({ number, title: 't' }))
  const judged = judgeLines(lines, [
    { path: ['S1 one'], outcome: 'passed', reason: null },
    { path: ['S1 another'], outcome: 'failed', reason: null },
    { path: ['suite', 'S2 nested'], outcome: 'passed', reason: null },
    { path: ['S2 elsewhere'], outcome: 'skipped', reason: 'needs root' },
    { path: ['S3 skipped'], outcome: 'skipped', reason: 'no ID tokens are used' },
    { path: ['uses S4 in the middle'], outcome: 'passed', reason: null },
  ])
  assert.deepEqual(
    judged.map(({ verdict, reason }) => [verdict, reason]),
    [
      ['fails', null],
      ['holds', null],
      ['does not apply', 'no ID tokens are used'],
      ['open', null],
      ['open', null],
    ],
  )
})

test('a name bears one number or several, at its beginning', () => {
  assert.deepEqual(securityNumbers('S21 store="evil.com/#" is refused'), [21])
  assert.deepEqual(securityNumbers('S1 S2 a cookie'), [1, 2])
  assert.deepEqual(securityNumbers('S1, S2 a cookie'), [1, 2])
  assert.deepEqual(securityNumbers('S256 of the verifier'), [256])
  assert.deepEqual(securityNumbers('the S1 bucket'), [])
})

test('the checklist has its 58 lines', () => {
  assert.equal(securityChecklist.length, 58)
  assert.equal(securityChecklist.at(20)?.title, 'no value moves a request to another host')
  assert.equal(securityChecklist.at(57)?.title, 'kill -9 between any steps of a refresh loses no grant')
})
