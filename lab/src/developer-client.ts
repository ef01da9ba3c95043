import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import type { LabClient } from './lab.ts'

const FILE = new URL('../connectors/source-lab/oauth-client.json', import.meta.url)
const REDIRECT_URI = 'http://localhost:16963/'

const registration = z.object({ client_id: z.string(), client_secret: z.string() })

/** The client that `sluice raw oauth` uses with the lab's connector. Its secret is no secret: it lies in the checkout. */
export async function readDeveloperClient(): Promise<LabClient> {
  const client = registration.parse(JSON.parse(await readFile(FILE, 'utf8')))
  return { ...client, client_name: 'Sluice CLI', redirect_uris: [REDIRECT_URI] }
}
