import assert from 'node:assert/strict'
import { test } from 'node:test'
import { containedImports } from './contained-imports.ts'
import { declaredImports } from './declared-imports.ts'
import { fileNames } from './file-names.ts'
import { importDirections } from './import-directions.ts'
import { lockfileAddresses } from './lockfile.ts'
import type { Finding, Manifest, Project, Workspace } from './project.ts'
import { readmes } from './readmes.ts'

function manifest(parts: Partial<Manifest>): Manifest {
  return { name: 'x', workspaces: [], dependencies: {}, devDependencies: {}, optionalDependencies: {}, ...parts }
}

function workspace(folder: string, parts: Partial<Manifest> = {}, readme: string | null = null): Workspace {
  return { folder, manifest: manifest({ name: `@sluice/${folder}`, ...parts }), readme }
}

function project(parts: Partial<Project>): Project {
  return { root: manifest({}), workspaces: [], sources: [], files: [], lockfile: '{"packages":{}}', ...parts }
}

function files(findings: Finding[]): string[] {
  return findings.map(({ file }) => file)
}

test('imports against the agreed direction are found, in types and in tests too', () => {
  const workspaces = ['oauth', 'server', 'web', 'lab'].map((folder) => workspace(folder))
  const sources = [
    { path: 'oauth/src/a.ts', imports: ['@sluice/server'] },
    { path: 'server/src/b.ts', imports: ['@sluice/oauth'] },
    { path: 'server/src/c.ts', imports: ['@sluice/lab'] },
    { path: 'server/src/c.test.ts', imports: ['@sluice/lab'] },
    { path: 'server/src/testing/d.ts', imports: ['@sluice/lab'] },
    { path: 'web/src/e.test.ts', imports: ['@sluice/server'] },
    { path: 'infra/start.ts', imports: ['@sluice/server', '@sluice/lab'] },
  ]
  assert.deepEqual(importDirections({ workspaces, sources }), [
    { file: 'oauth/src/a.ts', message: 'oauth may not import server' },
    { file: 'server/src/c.ts', message: 'server may not import lab' },
    { file: 'web/src/e.test.ts', message: 'web may not import server' },
  ])
})

test('an import that only another workspace declares is found', () => {
  const findings = declaredImports({
    root: manifest({ devDependencies: { 'fast-check': '1' } }),
    workspaces: [
      workspace('oauth', { dependencies: { zod: '1' }, devDependencies: { undici: '1' } }),
      workspace('server', { dependencies: { '@hono/node-server': '1' } }),
    ],
    sources: [
      { path: 'oauth/src/a.ts', imports: ['zod', 'zod/v4', 'node:fs', './b.ts', '@sluice/oauth'] },
      { path: 'oauth/src/b.ts', imports: ['undici', 'fast-check'] },
      { path: 'oauth/src/b.test.ts', imports: ['undici', 'fast-check'] },
      { path: 'server/src/c.ts', imports: ['@hono/node-server/serve-static', 'zod'] },
      { path: 'infra/d.ts', imports: ['fast-check', '@sluice/server', 'zod'] },
    ],
  })
  assert.deepEqual(findings, [
    { file: 'oauth/src/b.ts', message: 'undici is not declared in oauth/package.json' },
    { file: 'oauth/src/b.ts', message: 'fast-check is not declared in oauth/package.json' },
    { file: 'server/src/c.ts', message: 'zod is not declared in server/package.json' },
    { file: 'infra/d.ts', message: 'zod is not declared in package.json' },
  ])
})

test('a relative import that leaves its workspace is found', () => {
  const findings = containedImports({
    workspaces: [workspace('cli'), workspace('client')],
    sources: [
      { path: 'cli/src/a.ts', imports: ['./b.ts', '../package.json', '../../client/src/index.ts'] },
      { path: 'cli/bin/sluice.mjs', imports: ['../../infra/runtime.mjs'] },
      { path: 'infra/c.ts', imports: ['../cli/src/a.ts'] },
    ],
  })
  assert.deepEqual(findings, [{ file: 'cli/src/a.ts', message: '../../client/src/index.ts leaves cli' }])
})

test('names outside kebab-case are found in files and folders', () => {
  const good = ['README.md', 'oauth/src/a-b.test.ts', 'infra/0001-initial.sql', 'web/src/page.css']
  const bad = ['oauth/src/aB.ts', 'oauth/src/a_b.ts', 'oauth/Src/a.ts', 'web/src/Page.tsx']
  assert.deepEqual(files(fileNames({ files: [...good, ...bad] })), bad)
})

test('an address in the lock file is found, a link to a workspace is none', () => {
  const lockfile = JSON.stringify({
    packages: {
      '': {},
      'node_modules/@sluice/oauth': { resolved: 'oauth', link: true },
      'node_modules/zod': { version: '1.0.0' },
      'node_modules/hono': { resolved: 'https://registry.example/hono.tgz' },
    },
  })
  assert.match(lockfileAddresses({ lockfile })[0]?.message ?? '', /node_modules\/hono/)
  assert.equal(lockfileAddresses({ lockfile }).length, 1)
})

test('a README that does not begin with one line about its workspace is found', () => {
  const findings = readmes({
    workspaces: [
      workspace('good', {}, '# good\n\nWhat it is.\n\nMore.\n'),
      workspace('short', {}, '# short\n\nWhat it is.\n'),
      workspace('long', {}, '# long\n\nWhat it is\nin two lines.\n'),
      workspace('bare', {}, '# bare\n\n## Use\n'),
      workspace('none'),
    ],
  })
  assert.deepEqual(files(findings), ['long/README.md', 'bare/README.md', 'none/README.md'])
})

test('a clean project has no findings', () => {
  const clean = project({ workspaces: [workspace('oauth', {}, '# oauth\n\nThe engine.\n')] })
  for (const rule of [importDirections, declaredImports, containedImports, fileNames, lockfileAddresses, readmes]) {
    assert.deepEqual(rule(clean), [])
  }
})
