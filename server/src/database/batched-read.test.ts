import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBatchedRead } from './batched-read.ts'

test('reads of one moment share a statement, what comes later makes the next one, and what is missing is undefined', async () => {
  const asked: string[][] = []
  const answers: PromiseWithResolvers<void>[] = []
  const read = createBatchedRead(async (keys: string[]) => {
    asked.push(keys)
    const answer = Promise.withResolvers<void>()
    answers.push(answer)
    await answer.promise
    return new Map(keys.filter((key) => key !== 'missing').map((key) => [key, `row of ${key}`]))
  })
  const turn = () => new Promise((resolve) => setImmediate(resolve))

  const first = Promise.all([read('a'), read('b'), read('a'), read('missing')])
  await turn()
  const second = read('c')
  await turn()
  const third = Promise.all([read('a'), read('d')])
  await turn()
  // One is on its way: the others wait, and go together.
  assert.deepEqual(asked, [['a', 'b', 'missing']])
  answers[0]?.resolve()
  assert.deepEqual(await first, ['row of a', 'row of b', 'row of a', undefined])
  await turn()
  assert.deepEqual(asked.slice(1), [['c', 'a', 'd']])
  answers[1]?.resolve()
  assert.deepEqual([await second, ...(await third)], ['row of c', 'row of a', 'row of d'])
})

test('a statement that fails fails its own readers, and not the next ones', async () => {
  let fails = true
  const read = createBatchedRead(async (keys: string[]) => {
    if (fails) throw new Error('away')
    return new Map(keys.map((key) => [key, key]))
  })
  const outcomes = await Promise.allSettled([read('a'), read('b')])
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['rejected', 'rejected'],
  )
  fails = false
  assert.equal(await read('a'), 'a')
})
