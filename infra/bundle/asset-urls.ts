// Files that the sources reach by `new URL('…', import.meta.url)`: programs become entries of the bundle, everything else
// is copied beside it.
import { cpSync, existsSync, mkdirSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import type { Plugin } from 'rolldown'

const NAMED_FILE = /new URL\('([^']+)', import\.meta\.url\)/g

/** @param directory of the package; the bundle lies in its `lib` */
export function assetUrls(checkout: string, directory: string): Plugin {
  return {
    name: 'asset-urls',
    transform(code, id) {
      if (!id.startsWith(checkout) || id.includes('/node_modules/') || !NAMED_FILE.test(code)) return null
      return code.replaceAll(NAMED_FILE, (whole, path: string) => {
        const target = resolve(dirname(id), path)
        // The checkout itself, which the package has none of.
        if (target === checkout) return whole
        if (!existsSync(target)) throw new Error(`${id} names ${path}, which is not there.`)
        if (target.endsWith('.ts')) {
          const chunk = this.emitFile({ type: 'chunk', id: target })
          return `new URL(import.meta.ROLLUP_FILE_URL_${chunk})`
        }
        const place = join('assets', relative(checkout, target))
        mkdirSync(dirname(join(directory, place)), { recursive: true })
        cpSync(target, join(directory, place), { recursive: true })
        return `new URL('../${place}${path.endsWith('/') ? '/' : ''}', import.meta.url)`
      })
    },
  }
}
