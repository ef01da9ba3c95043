import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { runSluice } from '../testing/run-sluice.ts'

const HAS = (shell: string) => spawnSync(shell, ['-c', 'true']).status === 0
const without = (shell: string) => (HAS(shell) ? false : `${shell} is not installed here`)

const { stdout: bash } = await runSluice(['completion', 'bash'])

/** What Tab offers after these words, the last of which is being typed. */
function offered(...words: string[]): string[] {
  const line = ['sluice', ...words].map((word) => `'${word}'`).join(' ')
  const script = `${bash}\nCOMP_WORDS=(${line}); COMP_CWORD=${words.length}; _sluice; printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8', cwd: import.meta.dirname })
  assert.equal(stderr, '')
  return stdout.split('\n').filter((word) => word !== '')
}

test('bash offers groups, commands, options and files', () => {
  assert.deepEqual(offered('ra'), ['raw'])
  assert.ok(offered('raw', '').includes('oauth'))
  assert.deepEqual(offered('raw', 'oauth', '--so'), ['--source'])
  assert.ok(offered('raw', 'oauth', '--no').includes('--no-open'))
  assert.deepEqual(offered('raw', 'spec', '--source', 'bash'), ['bash-script.ts'])
  assert.deepEqual(offered('raw', 'oauth', '--client-id', ''), [])
  assert.ok(offered('specs', 'lint', '').includes('words.ts'))
  assert.deepEqual(offered('logi'), ['login'])
  assert.deepEqual(offered('login', '--ser'), ['--server'])
  assert.deepEqual(offered('connections', 'cred'), ['credentials'])
})

test('zsh reads its script', { skip: without('zsh') }, async () => {
  const { stdout } = await runSluice(['completion', 'zsh'])
  const { status, stderr } = spawnSync('zsh', ['-n', '-c', stdout], { encoding: 'utf8' })
  assert.deepEqual([status, stderr], [0, ''])
})

test('fish offers commands and options with what they are for', { skip: without('fish') }, async () => {
  const { stdout } = await runSluice(['completion', 'fish'])
  const complete = (line: string) =>
    spawnSync('fish', ['-c', `${stdout}\ncomplete -C '${line}'`], { encoding: 'utf8' }).stdout
  assert.match(complete('sluice '), /^raw\tOne operation of a connector/m)
  assert.match(complete('sluice raw '), /^oauth\tauthorize a source/m)
  assert.match(complete('sluice raw oauth --so'), /^--source\t/m)
  assert.match(complete('sluice log'), /^login\tobtain a key/m)
  assert.match(complete('sluice doctor --loc'), /^--local\t/m)
})
