#!/usr/bin/env node
// `npx sluice`. Plain JavaScript, so that an older Node says what is missing rather than fail on TypeScript.
import '../../infra/runtime.mjs'

await import('../src/main.ts')
