import { z } from 'zod'
import type { Finding, Project } from './project.ts'

const lockfileSchema = z.object({
  packages: z.record(z.string(), z.object({ resolved: z.string().optional(), link: z.boolean().optional() })),
})

/** The lock file holds versions and checksums, no addresses: everybody installs from the registry of their choice. */
export function lockfileAddresses(project: Pick<Project, 'lockfile'>): Finding[] {
  const { packages } = lockfileSchema.parse(JSON.parse(project.lockfile))
  return Object.entries(packages)
    .filter(([, { resolved, link }]) => resolved !== undefined && link !== true)
    .map(([name]) => ({ file: 'package-lock.json', message: `${name} records the address it was fetched from` }))
}
