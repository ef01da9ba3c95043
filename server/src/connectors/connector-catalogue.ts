import {
  type ConnectorOAuth,
  type ConnectorSpec,
  type ConnectorTask,
  loadFlowSource,
  readConnectorOAuth,
  selectTask,
} from '@sluice/connector-specs'
import { launchTask, protocolOf, type Runtime } from '@sluice/launcher'
import { loadProviderDeclarations, type ProviderDeclarations } from './provider-declarations.ts'

/** A connector that this server may launch. Which ones there are is the operator's word, never a caller's. */
export interface Connector {
  /** The last part of its task's name: `lab/source-lab` is `source-lab`. */
  id: string
  task: ConnectorTask
}

export interface DescribedConnector extends Connector {
  title: string
  spec: ConnectorSpec
  oauth: ConnectorOAuth | null
}

export interface ConnectorCatalogue {
  list(): Connector[]
  find(id: string): Connector | null
  /** Asks the connector for its spec, once per process. @throws ConnectorError, OAuthError `invalid_spec` */
  describe(connector: Connector): Promise<DescribedConnector>
}

export interface CatalogueOptions {
  /** Paths of `flow.yaml` files. */
  paths: string[]
  /** Directories of the operator's own provider declarations. */
  providers?: string[]
  /** Overrides of variables that a connector's file declares. */
  env?: Record<string, string>
  /** Where connectors are asked for their specs; on this machine by default. */
  runtime?: Runtime
  /** Accept providers on loopback addresses, also over http: for development. */
  allow_loopback: boolean
}

/** @throws SpecError with file, line and column */
export async function loadConnectorCatalogue(options: CatalogueOptions): Promise<ConnectorCatalogue> {
  const { paths, env = {}, allow_loopback } = options
  const declarations = await loadProviderDeclarations(options.providers ?? [], { allow_loopback })
  const sources = await Promise.all(paths.map(loadFlowSource))
  const tasks = await Promise.all(
    sources.flatMap((source) => Object.keys(source.captures).map((name) => selectTask(source, { name, keys: null }))),
  )
  const connectors = new Map<string, Connector>()
  for (const declared of tasks) {
    const overrides = Object.entries(env).filter(([name]) => Object.hasOwn(declared.env, name))
    const task = { ...declared, env: { ...declared.env, ...Object.fromEntries(overrides) } }
    const id = task.name.split('/').at(-1) ?? task.name
    if (connectors.has(id)) throw new Error(`Two connectors are called ${id}; rename one of the captures.`)
    connectors.set(id, { id, task })
  }

  const described = new Map<string, Promise<DescribedConnector>>()
  return {
    list: () => [...connectors.values()],
    find: (id) => connectors.get(id) ?? null,
    describe(connector) {
      const known = described.get(connector.id)
      if (known !== undefined) return known
      const asking = describe(connector, declarations, options)
      described.set(connector.id, asking)
      asking.catch(() => described.delete(connector.id))
      return asking
    },
  }
}

async function describe(
  connector: Connector,
  declarations: ProviderDeclarations,
  { allow_loopback, runtime }: CatalogueOptions,
): Promise<DescribedConnector> {
  const { protocol, provider } = connector.task
  const launch = { ...launchTask(connector.task), name: connector.id, secrets: [], ...(runtime && { runtime }) }
  const spec = await protocolOf(protocol).spec(launch)
  const title = typeof spec.config_schema.title === 'string' ? spec.config_schema.title : connector.id
  const read = await readConnectorOAuth(spec, { name: connector.id, provider, policy: { allow_loopback } })
  const oauth = read?.source.protocol === 'oauth2' ? await completed(read, declarations) : read
  return { ...connector, title, spec, oauth }
}

/** What the connector's own spec has no words for, its provider's declaration may say. */
async function completed(oauth: ConnectorOAuth, declarations: ProviderDeclarations): Promise<ConnectorOAuth> {
  const plan = await declarations.complete(oauth.plan)
  return { ...oauth, plan, source: { protocol: 'oauth2', plan } }
}
