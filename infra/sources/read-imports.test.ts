import assert from 'node:assert/strict'
import { test } from 'node:test'
import { packageName, readImports } from './read-imports.ts'

test('imports of every kind are read, and only imports', () => {
  const source = [
    `${'import'} zod from 'zod'`,
    `${'import'} type { A } from "./a.ts"`,
    `${'import'} {\n  one,\n  type Two as Three,\n} from '@scope/name/path'`,
    `${'import'} './side-effect.css'`,
    `${'export'} * from './everything.ts'`,
    `${'export'} type { B } from './b.ts'`,
    `const lazy = await ${'import'}('./lazy.ts')`,
    `const where = ${'import'}.meta.resolve('resolved')`,
    `// ${'import'} x from 'commented'`,
    `/* ${'import'} x from 'commented too' */`,
    `${'export'} const text = "words from 'nowhere'"`,
  ].join('\n')
  assert.deepEqual(readImports(source).sort(), [
    './a.ts',
    './b.ts',
    './everything.ts',
    './lazy.ts',
    './side-effect.css',
    '@scope/name/path',
    'resolved',
    'zod',
  ])
})

test('a specifier belongs to its package, whatever the path inside', () => {
  assert.equal(packageName('zod/v4'), 'zod')
  assert.equal(packageName('@scope/name/path'), '@scope/name')
  for (const none of ['./a.ts', '../a.ts', '/a.ts', '#internal', 'node:fs', 'https://x.example/a.js']) {
    assert.equal(packageName(none), null)
  }
})
