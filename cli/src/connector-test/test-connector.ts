// `sluice connector test`: what a connector must do before it may be trusted, one step after the other.
import {
  applyOverlay,
  type ConnectorSpec,
  type ConnectorTask,
  compileSchema,
  isJsonObject,
  type JsonObject,
  secretValues,
} from '@sluice/connector-specs'
import {
  bindCollections,
  type CaptureBinding,
  foldState,
  type Launch,
  type LogEvent,
  offered,
  type Protocol,
  protocolOf,
} from '@sluice/launcher'
import { checkConfig } from '../connector/check-config.ts'
import { launchOf, openTask, type TaskChoice } from '../connector/open-task.ts'
import type { Terminal } from '../terminal.ts'
import { commandLinesWith, filesWith } from './find-leaks.ts'
import { needsLab, type OpenLab, openLab, withLabValues } from './lab-values.ts'
import { StepFailure, type Steps, takeSteps } from './steps.ts'

export interface TestOptions extends TaskChoice {
  maxDocuments: number
  json: boolean
  /** The network of a connector in an image. */
  network?: string | undefined
}

interface Subject {
  task: ConnectorTask
  protocol: Protocol
  launch: Launch
  logs: LogEvent[]
}

/** @throws CliError `connector` when a step failed */
export async function testConnector(options: TestOptions, terminal: Terminal): Promise<void> {
  const declared = await openTask(options, terminal)
  const lab = needsLab(declared.config) ? await openLab() : null
  try {
    const subject = subjectOf(lab === null ? declared : inLab(declared, lab), options, terminal)
    await takeSteps(options, terminal, (steps) => runSteps(steps, subject, options))
  } finally {
    await lab?.close()
  }
}

/** With the lab's values in the config, and its address where the environment names the usual one. */
function inLab(task: ConnectorTask, lab: OpenLab): ConnectorTask {
  const env = Object.entries(task.env).map(([name, value]) => [
    name,
    value.replace('http://localhost:16970', lab.origin),
  ])
  return { ...task, env: Object.fromEntries(env), config: withLabValues(task.config, lab) }
}

function subjectOf(task: ConnectorTask, { network }: TestOptions, terminal: Terminal): Subject {
  const logs: LogEvent[] = []
  // The connector's log is looked at, not shown: a failed step shows its end.
  const launch = { ...launchOf(task, terminal, [], { network }), onLog: (log: LogEvent) => void logs.push(log) }
  return { task, protocol: protocolOf(task.protocol), launch, logs }
}

async function runSteps(step: Steps, subject: Subject, { maxDocuments }: TestOptions): Promise<void> {
  const { task, protocol, logs } = subject
  const started = new Date()
  const spec = await step('spec', async () => {
    const found = await protocol.spec(subject.launch)
    compileSchema(found.config_schema)
    return { result: found, note: describeSpec(found) }
  })
  const config = await step('config', async () => {
    const overlaid =
      task.config_overlay === null ? task.config : applyOverlay(spec.config_schema, task.config, task.config_overlay)
    return { result: checkConfig(spec.config_schema, overlaid, { without_credentials: null }), note: 'fits the schema' }
  })
  const secrets = secretValues(spec.config_schema, config)
  const launch: Launch = { ...subject.launch, secrets, config_schema: spec.config_schema }
  const { check } = protocol
  if (check) await step('check', async () => ({ result: await check(launch, config), note: 'the config is accepted' }))
  const bindings = await step('discover', async () => {
    const found = await offered(protocol, 'discover')(launch, config)
    if (found.length === 0) throw new StepFailure('nothing was found with this config.')
    const pointers = spec.resource_path_pointers
    const bound = bindCollections(found, { wanted: task.bindings, resource_path_pointers: pointers, prefix: task.name })
    return { result: bound, note: `${found.length} ${found.length === 1 ? 'resource' : 'resources'}` }
  })
  const bound = await step('validate', async () => {
    const paths = await offered(protocol, 'validate')(launch, { name: task.name, config, bindings })
    const result = bindings.map(
      (binding, index): CaptureBinding => ({ ...binding, resource_path: paths[index]?.resource_path ?? [] }),
    )
    return { result, note: `${paths.length} ${paths.length === 1 ? 'binding' : 'bindings'}` }
  })
  const exposed = new Set<string>()
  const state = await step('read', async () => {
    const read = await readOnce(
      subject,
      launch,
      { config, bindings: bound, state: {}, max_documents: maxDocuments },
      exposed,
    )
    if (read.checkpoints === 0 && read.reason === 'exited') throw new StepFailure('it ended without a checkpoint.')
    if (read.documents === 0 && protocol.name !== 'environment') throw new StepFailure('it read no document.')
    return { result: read.state, note: `${read.documents} documents, ${read.checkpoints} checkpoints` }
  })
  await step('resume', async () => {
    const read = await readOnce(
      subject,
      launch,
      { config, bindings: bound, state, max_documents: maxDocuments },
      exposed,
    )
    return { result: null, note: `${read.documents} documents from its own state` }
  })
  await step('leaks', async () => ({
    result: null,
    note: await lookForLeaks({ task, secrets, logs, exposed, started }),
  }))
}

async function readOnce(
  { task, protocol }: Subject,
  launch: Launch,
  request: { config: JsonObject; bindings: CaptureBinding[]; state: JsonObject; max_documents: number },
  exposed: Set<string>,
) {
  const read = { documents: 0, checkpoints: 0, state: request.state, reason: '' }
  const secrets = launch.secrets
  for await (const event of offered(protocol, 'read')(launch, { name: task.name, ...request })) {
    if (event.type === 'opened' || event.type === 'checkpoint') {
      for (const program of await commandLinesWith(secrets)) exposed.add(program)
    }
    if (event.type === 'document') read.documents += 1
    if (event.type === 'checkpoint') {
      read.checkpoints += 1
      read.state = foldState(read.state, event.state)
    }
    if (event.type === 'done') read.reason = event.reason
  }
  return read
}

async function lookForLeaks({
  task,
  secrets,
  logs,
  exposed,
  started,
}: {
  task: ConnectorTask
  secrets: string[]
  logs: LogEvent[]
  exposed: Set<string>
  started: Date
}): Promise<string> {
  if (exposed.size > 0)
    throw new StepFailure(`a secret of the config stood in the command line of ${[...exposed].join(', ')}.`)
  const files = await filesWith(task.cwd, secrets, started)
  if (files.length > 0) throw new StepFailure(`a secret of the config was written to ${files.join(', ')}.`)
  // Logs come redacted; that something was redacted is the leak.
  const printed = logs.filter(({ message, fields }) => `${message}${JSON.stringify(fields)}`.includes('[redacted]'))
  if (printed[0]) throw new StepFailure(`it printed a secret in ${printed.length} of its logs: ${printed[0].message}`)
  return secrets.length === 0 ? 'the config has no secrets' : `${secrets.length} looked for, none came out`
}

function describeSpec({ config_schema, oauth2 }: ConnectorSpec): string {
  const fields = isJsonObject(config_schema.properties) ? Object.keys(config_schema.properties).length : 0
  return `${fields} ${fields === 1 ? 'field' : 'fields'}${oauth2 === null ? '' : ', OAuth'}`
}
