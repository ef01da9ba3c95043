import assert from 'node:assert/strict'
import { test } from 'node:test'
import { randomOctets } from './random.ts'

test('random octets are as many as asked for, never the same twice, and stay when others are taken', () => {
  const seen = new Set<string>()
  const all = Array.from({ length: 5000 }, (_, index) => randomOctets(16 + (index % 17)))
  const texts = all.map((octets) => octets.toString('hex'))
  for (const [index, octets] of all.entries()) {
    assert.equal(octets.length, 16 + (index % 17))
    assert.equal(octets.toString('hex'), texts[index])
    assert.ok(octets.some((octet) => octet !== 0))
    // No sixteen bytes of one stand at the beginning or the end of another.
    for (const part of new Set([octets.subarray(0, 16), octets.subarray(-16)].map((part) => part.toString('hex')))) {
      assert.ok(!seen.has(part))
      seen.add(part)
    }
  }
  assert.equal(randomOctets(10_000).length, 10_000)
})
