import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { consent, type Lab } from '@sluice/lab'
import { type RunningSluice, startSluice } from './run-sluice.ts'

const CONNECTOR = fileURLToPath(new URL('../../../lab/connectors/source-lab/source-lab.ts', import.meta.url))

export const CLIENT = { client_id: 'cli-test', client_secret: 'cli-test-secret-7c1d9b_4f2e' }

export interface LabSource {
  directory: string
  /** A flow.yaml whose connector uses the lab. */
  path: string
  /** Writes a file beside the flow.yaml and gives its path. */
  write(name: string, content: string): Promise<string>
  remove(): Promise<void>
}

/** A directory with a flow.yaml for the lab's connector, and a client registration unless `client` is false. */
export async function writeLabSource(origin: string, { client = true }: { client?: boolean } = {}): Promise<LabSource> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-cli-'))
  const write = async (name: string, content: string) => {
    const path = join(directory, name)
    await writeFile(path, content)
    return path
  }
  await write('client.json', JSON.stringify(CLIENT))
  const local = {
    command: [process.execPath, CONNECTOR],
    env: { LAB_ORIGIN: origin },
    config: { region: 'europe' },
    ...(client && { oauthClient: './client.json' }),
  }
  const bindings = [{ resource: { stream: 'customers' }, target: 'acme/customers' }]
  const path = await write(
    'flow.yaml',
    JSON.stringify({ captures: { 'acme/shop': { endpoint: { local }, bindings } } }),
  )
  return { directory, path, write, remove: () => rm(directory, { recursive: true }) }
}

export interface Attempt {
  sluice: RunningSluice
  authorization_url: string
  redirect_uri: string
}

/** Starts `raw oauth` on a free port, and registers its redirect URI with the lab once the address is printed. */
export async function startOauth(
  lab: Lab,
  source: LabSource,
  args: string[] = [],
  options: Parameters<typeof startSluice>[1] = {},
): Promise<Attempt> {
  const sluice = startSluice(['raw', 'oauth', '--source', source.path, '--port', '0', ...args], options)
  const [, authorization_url = ''] = await sluice.says(/^ {2}(http\S+)$/m)
  await sluice.says(/^Waiting /m)
  const redirect_uri = new URL(authorization_url).searchParams.get('redirect_uri') ?? ''
  lab.addClient({ ...CLIENT, redirect_uris: [redirect_uri] })
  return { sluice, authorization_url, redirect_uri }
}

/** Decides on the lab's consent page and brings the answer to the command, as the browser does. */
export async function answer(
  { authorization_url }: Attempt,
  decision: 'allow' | 'deny' = 'allow',
): Promise<{ redirect: URL; status: number; page: string }> {
  const redirect = await consent(authorization_url, { decision })
  const response = await fetch(redirect)
  return { redirect, status: response.status, page: await response.text() }
}

/** Settles once the lab has received a token request beyond the first `count`. */
export async function tokenRequested(lab: Lab, count: number): Promise<void> {
  while (lab.token_requests <= count) await setImmediate()
}
