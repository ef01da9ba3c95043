import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { runSluice } from '../testing/run-sluice.ts'

const IDENTITY = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' }
const PERSON = { GIT_AUTHOR_NAME: 'A', GIT_AUTHOR_EMAIL: 'a@x', GIT_COMMITTER_NAME: 'A', GIT_COMMITTER_EMAIL: 'a@x' }
const env = { ...IDENTITY, ...PERSON }

interface Repository {
  directory: string
  git(...args: string[]): string
  commit(files: Record<string, string | null>): string
  read(name: string): string
}

function repository(t: TestContext): Repository {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-pull-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: directory, env: { ...process.env, ...env }, encoding: 'utf8' }).trim()
  git('init', '-q', '-b', 'main')
  return {
    directory,
    git,
    commit(files) {
      for (const [name, text] of Object.entries(files)) {
        const path = join(directory, name)
        mkdirSync(dirname(path), { recursive: true })
        if (text === null) rmSync(path)
        else writeFileSync(path, text)
      }
      git('add', '-A')
      git('commit', '-q', '-m', 'change')
      return git('rev-parse', 'HEAD')
    },
    read: (name) => readFileSync(join(directory, name), 'utf8'),
  }
}

function both(t: TestContext) {
  const upstream = repository(t)
  upstream.commit({
    LICENSE: 'MIT text',
    'src/tap/main.py': 'one\ntwo\nthree\nfour\nfive\n',
    'src/tap/old.py': 'old',
    other: 'x',
  })
  const ours = repository(t)
  ours.commit({ readme: 'ours' })
  const pull = (license = 'MIT', ref = 'main', licensePath = 'LICENSE') =>
    runSluice(['connector', 'pull', upstream.directory, ref, 'src/tap', './tap-x', license, licensePath], {
      env,
      cwd: ours.directory,
    })
  return { upstream, ours, pull }
}

test('a connector is imported by a merge commit that records its source and its licence', async (t) => {
  const { upstream, ours, pull } = both(t)
  const { code, stdout, stderr } = await pull()
  assert.deepEqual([code, stdout], [0, ''], stderr)
  assert.match(stderr, /Imported tap-x: 3 files under MIT/)
  assert.equal(ours.git('ls-files'), 'readme\ntap-x/LICENSE.upstream\ntap-x/main.py\ntap-x/old.py')
  assert.equal(ours.read('tap-x/LICENSE.upstream'), 'MIT text')
  assert.equal(ours.git('rev-list', '--parents', '-n', '1', 'HEAD').split(' ').length, 3)
  const message = ours.git('log', '-1', '--format=%B')
  for (const line of [
    `Upstream-Remote: ${upstream.directory}`,
    `Upstream-Commit: ${upstream.git('rev-parse', 'main')}`,
    'Upstream-Path: src/tap',
    'Import-Path: tap-x',
    'Upstream-License: MIT',
    'Upstream-License-Path: LICENSE',
  ]) {
    assert.ok(message.includes(line), line)
  }
})

test('a later pull merges upstream’s changes with ours, and takes away what upstream removed', async (t) => {
  const { upstream, ours, pull } = both(t)
  await pull()
  ours.commit({ 'tap-x/main.py': 'one\ntwo\nthree\nfour\nOURS\n' })
  upstream.commit({
    'src/tap/main.py': 'UPSTREAM\ntwo\nthree\nfour\nfive\n',
    'src/tap/old.py': null,
    'src/tap/new.py': 'new',
  })
  const { code, stderr } = await pull()
  assert.equal(code, 0, stderr)
  assert.equal(ours.read('tap-x/main.py'), 'UPSTREAM\ntwo\nthree\nfour\nOURS\n')
  assert.equal(ours.git('ls-files', 'tap-x'), 'tap-x/LICENSE.upstream\ntap-x/main.py\ntap-x/new.py')
  assert.match((await pull()).stderr, /tap-x is up to date/)
})

test('a conflict is left to be mended, with the message of the record prepared', async (t) => {
  const { upstream, ours, pull } = both(t)
  await pull()
  ours.commit({ 'tap-x/main.py': 'ours' })
  upstream.commit({ 'src/tap/main.py': 'theirs' })
  const { code, stderr } = await pull()
  assert.equal(code, 3)
  assert.match(stderr, /changed the same places: tap-x\/main\.py/)
  writeFileSync(join(ours.directory, 'tap-x/main.py'), 'both')
  ours.git('add', '-A')
  ours.git('commit', '-q', '--no-edit')
  assert.match(ours.git('log', '-1', '--format=%B'), /Import-Path: tap-x/)
  upstream.commit({ 'src/tap/extra.py': 'extra' })
  assert.equal((await pull()).code, 0)
  assert.equal(ours.read('tap-x/main.py'), 'both')
})

test('a changed licence is told before it is merged', async (t) => {
  const { upstream, pull } = both(t)
  await pull()
  upstream.commit({ LICENSE: 'another text' })
  const { stderr } = await pull('BUSL-1.1')
  assert.match(stderr, /recorded as MIT before, and is BUSL-1\.1 now/)
  assert.match(stderr, /text of the licence changed/)
})

test('an upstream that cannot be reached is told, though a branch of that name and an earlier fetch are here', async (t) => {
  const { upstream, ours, pull } = both(t)
  await pull()
  upstream.git('update-ref', '-d', 'refs/heads/main')
  const { code, stderr } = await pull()
  assert.equal(ours.git('branch', '--show-current'), 'main')
  assert.equal(code, 3)
  assert.match(stderr, /git fetch failed/)
})

test('a remote or ref that git would read as an option is refused, and nothing of it runs', async (t) => {
  const { upstream, ours } = both(t)
  const mark = join(ours.directory, 'ran')
  for (const [remote, ref] of [
    [`--upload-pack=touch ${mark};`, upstream.directory],
    [upstream.directory, `--upload-pack=touch ${mark};`],
  ] as const) {
    const args = ['connector', 'pull', '--', remote, ref, 'src/tap', './tap-x', 'MIT', 'LICENSE']
    const { code, stderr } = await runSluice(args, { env, cwd: ours.directory })
    assert.equal(code, 2, stderr)
    assert.match(stderr, /begins with a dash/)
    assert.ok(!existsSync(mark))
  }
})

test('what cannot be imported is refused with the reason, and nothing is changed', async (t) => {
  const { ours, pull } = both(t)
  const head = ours.git('rev-parse', 'HEAD')
  const refused = async (work: ReturnType<typeof pull>, code: number, words: RegExp) => {
    const result = await work
    assert.equal(result.code, code, result.stderr)
    assert.match(result.stderr, words)
    assert.equal(ours.git('rev-parse', 'HEAD'), head)
    assert.equal(ours.git('status', '--porcelain', '--untracked-files=no'), '')
  }
  await refused(pull('Nonsense'), 2, /not an SPDX licence/)
  await refused(pull('MIT', 'nowhere'), 3, /git fetch failed/)
  await refused(pull('MIT', 'main', 'COPYING'), 3, /Upstream has no licence file COPYING/)
  writeFileSync(join(ours.directory, 'readme'), 'changed')
  const dirty = await pull()
  assert.match(dirty.stderr, /changes that are not committed/)
  ours.git('checkout', '-q', 'readme')
  ours.commit({ 'tap-x/mine': 'x' })
  assert.match((await pull()).stderr, /tap-x exists, but was not imported/)
})
