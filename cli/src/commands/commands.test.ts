import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { EXIT_CODES } from '../exit-codes.ts'
import { optionName } from '../option-name.ts'
import { runSluice } from '../testing/run-sluice.ts'
import { COMMANDS, GROUPS } from './index.ts'

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')

test('every command has a group, examples that are its own and name only options that it has', () => {
  for (const { path, examples, options, description } of COMMANDS) {
    const name = path.join(' ')
    if (path.length === 2) assert.ok(GROUPS[path[0]], `${name} has no group`)
    assert.ok(description !== '' && examples.length > 0, `${name} has no examples`)
    const known = Object.entries(options).flatMap(([key, option]) => [optionName(key, option), `--${option.alias}`])
    for (const example of examples) {
      // What stands behind a pipe is another program's.
      const part = example.split(' | ').find((part) => part.includes(name)) ?? ''
      const own = part.slice(part.indexOf(name))
      assert.ok(own !== '', `“${example}” is not of ${name}`)
      for (const [option] of own.matchAll(/(?<= )--[a-z-]+/g))
        assert.ok(known.includes(option), `${example}: ${option}`)
    }
  }
})

test('the README tells every exit code', () => {
  for (const { code } of Object.values(EXIT_CODES)) assert.match(readme, new RegExp(`^\\| ${code} +\\|`, 'm'))
})

test('help of the program, of a group and of a command that stands alone goes to stdout', async () => {
  for (const args of [['--help'], ['connections', '--help'], ['connect', '--help']]) {
    const { code, stdout, stderr } = await runSluice(args)
    assert.deepEqual([code, stderr], [0, ''])
    assert.match(stdout, /^Usage: sluice/)
  }
})
