import { execFile } from 'node:child_process'
import { cp, readdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

/**
 * Copies what a clone of `checkout` would hold into `target`, installed: node_modules are links. Nothing that was built
 * or made by running is in the copy.
 */
export async function copyFreshCheckout(checkout: string, target: string): Promise<void> {
  const list = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
  const { stdout } = await promisify(execFile)('git', list, { cwd: checkout, maxBuffer: 64 * 1024 * 1024 })
  for (const file of stdout.split('\0').filter((name) => name !== '')) {
    await cp(join(checkout, file), join(target, file), { recursive: true, force: true })
  }
  for (const folder of ['.', ...(await readdir(checkout))]) {
    const installed = await readdir(join(checkout, folder, 'node_modules')).catch(() => null)
    if (installed !== null && folder !== 'node_modules') {
      await symlink(join(checkout, folder, 'node_modules'), join(target, folder, 'node_modules'))
    }
  }
}
