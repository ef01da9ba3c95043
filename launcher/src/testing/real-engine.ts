// A container engine of this machine for tests: the one whose socket `SLUICE_CONTAINER_ENGINE` names, else (or where it
// says `podman`) a Podman that is started for them, with storage of its own. Their image is made of this machine's programs, without a registry.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { engineClient } from '../runtime/container/engine-client.ts'
import { makeRootFileSystem, type RootFileSystem } from './root-file-system.ts'

/** What starts containers for Podman; the first that works here is taken. */
const STARTERS = ['crun', 'runc']
const ANSWERS_MS = 10_000
/** Such as any host allows. */
const LIMITS = ['nofile', 'nproc'].map((Name) => ({ Name, Soft: 1024, Hard: 1024 }))

export interface RealEngine {
  socket: string
  /** Of the engine's own programs, such as `podman build`. */
  env: Record<string, string>
  /** The program that builds images for this engine; null where it is not known. */
  builder: string | null
  /** Holds `/bin/sh`, `node`, `python3` where this machine has it, and the trees that were asked for. */
  image: string
  /** Gives the image one more name. */
  tag(name: string): Promise<void>
  close(): Promise<void>
}

/** @returns the reason, where there is no engine that works */
export async function startRealEngine(trees: Record<string, string> = {}): Promise<RealEngine | string> {
  const asked = process.env.SLUICE_CONTAINER_ENGINE
  const named = asked === 'podman' ? undefined : asked
  if (named === undefined && spawnSync('podman', ['--version']).status !== 0) {
    return 'there is no container engine: install Podman, or name a socket by SLUICE_CONTAINER_ENGINE=unix:///…'
  }
  const files = await makeRootFileSystem(trees)
  try {
    if (named !== undefined) {
      const socket = named.replace(/^unix:\/\//, '')
      const image = await importImage(socket, files)
      return {
        socket,
        env: {},
        builder: null,
        image,
        tag: tagOf(socket, image),
        close: () => removeImage(socket, image),
      }
    }
    return await startPodman(files)
  } finally {
    await files.remove()
  }
}

async function startPodman(files: RootFileSystem): Promise<RealEngine | string> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-podman-'))
  const place = (name: string) => join(directory, name)
  const socket = place('podman.sock')
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: directory,
    TMPDIR: place('tmp'),
    CONTAINERS_CONF: place('containers.conf'),
    CONTAINERS_STORAGE_CONF: place('storage.conf'),
    CONTAINERS_REGISTRIES_CONF: place('registries.conf'),
    ...(process.env.XDG_RUNTIME_DIR && { XDG_RUNTIME_DIR: process.env.XDG_RUNTIME_DIR }),
  }
  const run = async (program: string, words: string[]) => {
    await once(spawn(program, words, { env, stdio: 'ignore' }), 'exit')
  }
  await mkdir(env.TMPDIR)
  const storage = `[storage]\ndriver = "overlay"\ngraphroot = "${place('storage')}"\nrunroot = "${place('run')}"\n`
  await writeFile(env.CONTAINERS_STORAGE_CONF, storage)
  await writeFile(env.CONTAINERS_REGISTRIES_CONF, 'unqualified-search-registries = []\n')

  let end = async () => {}
  const close = async () => {
    await run('podman', ['rm', '--all', '--force', '--time=0'])
    await end()
    // Files of a user's containers belong to users that only their namespace knows.
    const [program = '', ...words] = [...(process.getuid?.() === 0 ? [] : ['podman', 'unshare']), 'rm', '-rf']
    // Podman mounts its storage on itself, so that what it mounts there is seen by no other.
    await run('umount', [place('storage/overlay')])
    await run(program, [...words, place('storage'), place('run')])
    await rm(directory, { recursive: true, force: true })
  }
  let image: string | null = null
  const reasons: string[] = []
  for (const starter of STARTERS.filter((name) => spawnSync(name, ['--version']).status === 0)) {
    const config = `[engine]\nruntime = "${starter}"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n`
    await writeFile(env.CONTAINERS_CONF, config)
    try {
      end = await startService(socket, env)
      image ??= await importImage(socket, files)
      await tryImage(socket, image)
      return { socket, env, builder: 'podman', image, tag: tagOf(socket, image), close }
    } catch (error) {
      reasons.push(`${starter}: ${error instanceof Error ? error.message : String(error)}`)
      await end()
    }
  }
  await close()
  return `Podman starts no container here: ${reasons.join('; ') || `there is none of ${STARTERS.join(', ')}`}`
}

/** @returns what ends it */
async function startService(socket: string, env: Record<string, string>): Promise<() => Promise<void>> {
  await rm(socket, { force: true })
  const service = spawn('podman', ['system', 'service', '--time=0', `unix://${socket}`], {
    env,
    // What watches its containers leaves files where it was started.
    cwd: dirname(socket),
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const said = text(service.stderr)
  const end = async () => {
    service.kill()
    if (service.exitCode === null && service.signalCode === null) await once(service, 'exit')
  }
  const deadline = performance.now() + ANSWERS_MS
  while (!existsSync(socket)) {
    if (service.exitCode !== null || performance.now() > deadline) {
      await end()
      throw new Error(await said)
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
  return end
}

/** @returns its name */
async function importImage(socketPath: string, files: RootFileSystem): Promise<string> {
  const name = `localhost/sluice-test-${process.pid}`
  const path = `/v1.41/images/create?fromSrc=-&repo=${encodeURIComponent(name)}&tag=latest`
  const sent = request({
    socketPath,
    method: 'POST',
    path,
    headers: { 'content-type': 'application/x-tar' },
    agent: false,
  })
  files.archive().pipe(sent)
  const [response] = await once(sent, 'response')
  const answer = await text(response)
  if (response.statusCode >= 400 || answer.includes('"error"')) throw new Error(`The engine takes no image: ${answer}`)
  return `${name}:latest`
}

/** An engine may answer and yet start nothing, where the kernel does not let it. */
async function tryImage(socket: string, image: string): Promise<void> {
  const engine = engineClient(socket)
  const body = {
    Image: image,
    Cmd: ['/bin/true'],
    HostConfig: { NetworkMode: 'none', Memory: 64 * 1024 * 1024, Ulimits: LIMITS },
  }
  const { Id: id } = await engine.call<{ Id: string }>('POST', '/containers/create', body)
  await engine.call('POST', `/containers/${id}/start`)
  await engine.call('POST', `/containers/${id}/wait?condition=not-running`)
  await engine.call('DELETE', `/containers/${id}?force=1`)
}

function tagOf(socket: string, image: string) {
  return async (name: string) => {
    const [repo = '', tag = ''] = name.split(/:(?=[^/]*$)/)
    const query = new URLSearchParams({ repo, tag })
    await engineClient(socket).call('POST', `/images/${encodeURIComponent(image)}/tag?${query}`)
  }
}

async function removeImage(socket: string, image: string): Promise<void> {
  await engineClient(socket).call('DELETE', `/images/${encodeURIComponent(image)}?force=1`)
}
