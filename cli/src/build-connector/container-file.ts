// A container file for a connector, made of its command and the files beside it.
import type { ConnectorTask } from '@sluice/connector-specs'
import { CliError } from '../cli-error.ts'

export interface ConnectorFiles {
  /** Names of the files beside the flow.yaml. */
  names: readonly string[]
}

interface Base {
  image: string
  /** Instructions that install what the program imports. */
  install: string[]
}

/** @throws CliError `usage` for a program that no known base image carries */
export function containerFile(task: ConnectorTask, { names }: ConnectorFiles): string {
  const { image, install } = baseOf(task, names)
  const variables = Object.entries(task.env).map(([name, value]) => `ENV ${name}=${JSON.stringify(value)}`)
  return `${[
    `# Made by \`sluice connector build\` for ${JSON.stringify(task.name)}. It holds no config and no secret: those are mounted when it runs.`,
    `FROM ${image}`,
    'WORKDIR /connector',
    ...install,
    'COPY . .',
    ...variables,
    `LABEL org.opencontainers.image.title=${JSON.stringify(task.name)}`,
    `LABEL dev.sluice.protocol=${JSON.stringify(task.protocol)}`,
    ...(task.protocol === 'flow' ? ['LABEL FLOW_RUNTIME_PROTOCOL=capture', 'LABEL FLOW_RUNTIME_CODEC=json'] : []),
    'USER 65532:65532',
    `ENTRYPOINT ${JSON.stringify(task.command)}`,
  ].join('\n')}\n`
}

/** What must not get into the image: configs with credentials, and what the build brings by itself. */
export const IGNORED = [
  '.git',
  'node_modules',
  '__pycache__',
  '.venv',
  'flow.yaml',
  '*.flow.yaml',
  '*creds*.json',
  '*.enc.*',
  '.env*',
  'Containerfile',
  '.containerignore',
  '',
]

function baseOf(task: ConnectorTask, names: readonly string[]): Base {
  const [program = ''] = task.command
  const has = (name: string) => names.includes(name)
  if (/(^|\/)node[\d.]*$/.test(program)) {
    const lock = ['package.json', 'package-lock.json'].filter(has)
    const install = has('package.json')
      ? [`COPY ${lock.join(' ')} ./`, has('package-lock.json') ? 'RUN npm ci --omit=dev' : 'RUN npm install --omit=dev']
      : []
    return { image: 'node:24-slim', install }
  }
  if (/(^|\/)python[\d.]*$/.test(program)) {
    const install = has('requirements.txt')
      ? ['COPY requirements.txt ./', 'RUN pip install --no-cache-dir -r requirements.txt']
      : has('pyproject.toml')
        ? ['COPY pyproject.toml ./', 'RUN pip install --no-cache-dir .']
        : []
    return { image: 'python:3.13-slim', install }
  }
  if (program.startsWith('./') || program === 'sh' || program === '/bin/sh')
    return { image: 'debian:stable-slim', install: [] }
  throw new CliError('usage', `No base image is known for ${program}.`, {
    next_action: 'Write a Containerfile by hand; the entrypoint is the command of the flow.yaml.',
  })
}
