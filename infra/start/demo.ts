import { createHmac, randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { secret } from '@sluice/oauth'
import {
  type Config,
  chooseDataDirectory,
  createAdminLink,
  createApiKey,
  createConnectSession,
  createIntegration,
  type IntegrationRow,
  lockDataDirectory,
  type RunningServer,
  redirectUri,
  startServer,
} from '@sluice/server'
import { builtWebPages } from './built-web-pages.ts'
import { forkLab } from './fork-lab.ts'

const checkout = fileURLToPath(new URL('../..', import.meta.url))
const LAB_CONNECTOR = 'source-lab'
const LAB_CLIENT_ID = 'sluice-demo'
const LINK_LIFETIME_SECONDS = 24 * 60 * 60

export interface Demo {
  base_url: string
  connect_url: string
  /** Signs in to the console once. */
  sign_in_url: string
  lab_origin: string
  data_directory: string
  database: string
  /** Only on the first start, or when a new one was asked for. */
  admin_api_key: string | null
  broken: Promise<string>
  close(): Promise<void>
}

export interface DemoOptions {
  new_admin_key: boolean
  lab_port: number
  data_home: string | undefined
}

/** Starts the lab and the server, with an integration between them and a connect link. */
export async function startDemo(config: Config, options: DemoOptions): Promise<Demo> {
  const dataDirectory = chooseDataDirectory({
    checkout,
    data_home: options.data_home,
    ...(config.data_directory === null ? {} : { configured: config.data_directory }),
  })
  const lock = await lockDataDirectory(dataDirectory)
  const ending: (() => Promise<void> | void)[] = [() => lock.release()]
  const close = async () => {
    for (const end of ending.splice(0).reverse()) await end()
  }

  try {
    const webDirectory = await builtWebPages(checkout, dataDirectory)
    const labDirectory = join(dataDirectory, 'lab')
    await mkdir(labDirectory, { recursive: true, mode: 0o700 })
    const lab = await forkLab({ port: options.lab_port, state_file: join(labDirectory, 'state.ndjson') })
    ending.push(lab.close)

    const server = await startServer({
      config: {
        ...config,
        connectors: [join(checkout, 'lab/connectors/source-lab/flow.yaml'), ...config.connectors],
        allow_loopback: true,
      },
      data_directory: dataDirectory,
      web_directory: webDirectory,
      connector_env: { LAB_ORIGIN: lab.origin },
      log_to: join(dataDirectory, 'server.log'),
    })
    ending.push(server.close)

    const clientSecret = await labClientSecret(labDirectory)
    const integration = await ensureIntegration(server, clientSecret)
    await lab.addClient({
      client_id: LAB_CLIENT_ID,
      client_secret: clientSecret,
      client_name: 'Sluice demo',
      redirect_uris: [redirectUri(server.services.base_url, integration.id)],
    })
    const { ways_in } = await createConnectSession(server.services, {
      tenant_id: server.tenant.id,
      connector_id: LAB_CONNECTOR,
      integration_id: integration.id,
      preview: true,
      expires_in_seconds: LINK_LIFETIME_SECONDS,
    })
    return {
      base_url: server.services.base_url,
      connect_url: ways_in.url,
      sign_in_url: await createAdminLink(server.services, server.tenant.id),
      lab_origin: lab.origin,
      data_directory: dataDirectory,
      database: server.database,
      admin_api_key: options.new_admin_key
        ? await createApiKey(server.services.db, {
            tenant_id: server.tenant.id,
            name: 'admin',
            scopes: ['admin'],
          })
        : server.tenant.admin_api_key,
      broken: server.broken,
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** The lab's client secret is derived from a seed, so that the data directory does not hold it in the clear. */
async function labClientSecret(directory: string): Promise<string> {
  const path = join(directory, 'client-seed')
  const seed = await readFile(path).catch(async () => {
    const fresh = randomBytes(32)
    await writeFile(path, fresh, { mode: 0o600 })
    return fresh
  })
  return createHmac('sha256', seed).update(LAB_CLIENT_ID).digest('base64url')
}

async function ensureIntegration({ services, tenant }: RunningServer, clientSecret: string): Promise<IntegrationRow> {
  const known = await services.db
    .selectFrom('integrations')
    .selectAll()
    .where('tenant_id', '=', tenant.id)
    .where('connector_id', '=', LAB_CONNECTOR)
    .where('client_id', '=', LAB_CLIENT_ID)
    .executeTakeFirst()
  if (known !== undefined) return known
  return createIntegration(services, {
    tenant_id: tenant.id,
    connector_id: LAB_CONNECTOR,
    name: 'Lab (demo)',
    client_id: LAB_CLIENT_ID,
    client_secret: secret(clientSecret),
  })
}
