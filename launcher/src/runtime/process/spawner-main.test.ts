import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

/** What a module loads, and what that loads: types are not loaded. */
function loaded(url: URL, seen = new Set<string>()): Set<string> {
  if (seen.has(url.href)) return seen
  seen.add(url.href)
  const statements = readFileSync(url, 'utf8').matchAll(/^(?:import|export) (?!type)[^;]*?from '([^']+)'$/gm)
  for (const [, name = ''] of statements) {
    if (name.startsWith('.')) loaded(new URL(name, url), seen)
    else seen.add(name)
  }
  return seen
}

test('the spawner is up at once: it loads a few modules of its own, and nothing of other packages', () => {
  const modules = [...loaded(new URL('./spawner-main.ts', import.meta.url))]
  assert.ok(modules.some((name) => name.endsWith('/child.ts')))
  assert.deepEqual(
    modules.filter((name) => !name.startsWith('file:') && !name.startsWith('node:')),
    [],
  )
  assert.ok(modules.length < 40, String(modules.length))
})
