import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readImports } from './read-imports.ts'

/**
 * Everything that a file of the project imports, directly or through others of its files: paths relative to `root`, and
 * the specifiers of foreign packages.
 */
export function followImports(root: string, file: string): Set<string> {
  const reached = new Set<string>()
  const open = [file]
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    for (const specifier of readImports(readFileSync(join(root, path), 'utf8'))) {
      const target = resolveOwn(root, path, specifier) ?? specifier
      if (reached.has(target)) continue
      reached.add(target)
      if (/\.ts$/.test(target)) open.push(target)
    }
  }
  return reached
}

/** The file that a specifier names, relative to `root`; null when it is not one of the project's. */
function resolveOwn(root: string, from: string, specifier: string): string | null {
  const workspace = /^@sluice\/([\w-]+)$/.exec(specifier)?.[1]
  const path =
    workspace !== undefined
      ? join(workspace, 'src/index.ts')
      : specifier.startsWith('.')
        ? join(dirname(from), specifier)
        : null
  return path !== null && existsSync(join(root, path)) ? path : null
}
