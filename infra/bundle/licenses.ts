import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

interface BundledPackage {
  name: string
  version: string
  license: string
  text: string
}

/**
 * The licences of the packages that a bundle has parts of, as their authors ask to be passed on.
 *
 * @param modules paths of the files in the bundle
 * @throws Error for a package that names no licence
 */
export function licensesOf(modules: readonly string[]): string {
  const directories = new Set(
    modules.flatMap((module) => /^.*\/node_modules\/(@[^/]+\/)?[^/]+/.exec(module)?.[0] ?? []),
  )
  const packages = [...directories].map(readPackage).sort((one, other) => one.name.localeCompare(other.name))
  return packages
    .map(({ name, version, license, text }) => `${name} ${version} (${license})\n\n${text}`)
    .join(`\n\n${'-'.repeat(80)}\n\n`)
}

function readPackage(directory: string): BundledPackage {
  const { name, version, license } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as Record<
    string,
    unknown
  >
  if (typeof license !== 'string') throw new Error(`${String(name)} names no licence.`)
  const file = readdirSync(directory).find((entry) => /^(licen[cs]e|copying)/i.test(entry))
  const text =
    file === undefined ? `See ${String(name)} on https://www.npmjs.com.` : readFileSync(join(directory, file), 'utf8')
  return { name: String(name), version: String(version), license, text: text.trim() }
}
