import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
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

test('every command takes --json and --quiet, and says what they do there', () => {
  for (const { path, options } of COMMANDS) {
    for (const name of ['json', 'quiet'] as const) {
      const { placeholder, positional, default: unless_given, help } = options[name]
      assert.deepEqual([placeholder, positional, unless_given], [null, false, undefined], `${path.join(' ')} --${name}`)
      assert.ok(help.length > 10)
    }
  }
})

test('bash, zsh and fish complete every command and every option of it', async () => {
  const [bash, zsh, fish] = await Promise.all(
    ['bash', 'zsh', 'fish'].map(async (shell) => (await runSluice(['completion', shell])).stdout),
  )
  const lines = COMMANDS.map(({ path, options }) => {
    const named = Object.entries(options).filter(([, { positional }]) => !positional)
    return { path, names: named.map(([key, option]) => optionName(key, option)) }
  })
  const words = lines.map(({ path }) => `complete_words ${path.map((word) => `'${word}'`).join(' ')}`)
  const script = `${bash}
complete_words() { COMP_WORDS=(sluice "$@" --); COMP_CWORD=$(( $# + 1 )); COMPREPLY=(); _sluice; echo "\${COMPREPLY[*]}"; }
${words.join('\n')}`
  const offered = spawnSync('bash', ['-c', script], { encoding: 'utf8' }).stdout.split('\n')
  for (const [index, { path, names }] of lines.entries()) {
    const [group = '', name = ''] = path
    const chosen = `__fish_seen_subcommand_from ${group}${name && `; and __fish_seen_subcommand_from ${name}`}`
    const inZsh = zsh?.split('\n').find((line) => line.trim().startsWith(`'${path.join(' ')}') _arguments`))
    for (const option of names) {
      assert.ok(offered[index]?.split(' ').includes(option), `bash: ${path.join(' ')} ${option}`)
      assert.ok(inZsh?.includes(`'*${option}[`), `zsh: ${path.join(' ')} ${option}`)
      const line = `complete -c sluice -n '${chosen}' -l ${option.slice(2)} `
      assert.ok(fish?.includes(line), `fish: ${path.join(' ')} ${option}`)
    }
  }
})

test('the README has every command in its table', () => {
  const table = readme.slice(readme.indexOf('## Commands'), readme.indexOf('## flow.yaml'))
  for (const { path } of COMMANDS) {
    const [group, name = group] = path
    const row = table.split('\n').find((line) => line.includes(`\`${group}`) && line.includes(name))
    assert.ok(row, `${path.join(' ')} stands in no row`)
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
