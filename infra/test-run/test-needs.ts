// What a test file needs besides Node, read off what it imports.
import { followImports } from '../sources/follow-imports.ts'

export interface TestNeeds {
  database: boolean
  browser: boolean
}

/** Whoever imports one of these, directly or through other files, has that need. */
const NEEDS: Record<keyof TestNeeds, string[]> = {
  database: ['server/src/testing/database.ts'],
  browser: ['infra/chromium.ts', 'playwright-core'],
}

export function testNeeds(root: string, file: string): TestNeeds {
  const imports = followImports(root, file)
  const needs = (kind: keyof TestNeeds) => NEEDS[kind].some((target) => imports.has(target))
  return { database: needs('database'), browser: needs('browser') }
}
