// `connector build` with a real builder, from a base image that this machine's own programs make, and the connector in
// its image then asked through the launcher and a real engine.
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { startRealEngine } from '@sluice/launcher/testing'
import { parse } from 'yaml'
import { runSluice } from '../testing/run-sluice.ts'

const engine = await startRealEngine()
const builder = typeof engine === 'string' ? null : engine.builder
const skip = typeof engine === 'string' ? engine : builder === null ? 'the engine has no builder that is known' : false
const directory = await mkdtemp(join(tmpdir(), 'sluice-images-'))
const env = typeof engine === 'string' ? {} : { ...engine.env, DOCKER_HOST: `unix://${engine.socket}` }
after(async () => {
  await rm(directory, { recursive: true })
  if (typeof engine !== 'string') await engine.close()
})

/** Those that are started differently; the others too where an engine was asked for. */
const protocols = process.env.SLUICE_CONTAINER_ENGINE
  ? ['flow', 'airbyte', 'singer', 'devlake', 'tightlock', 'environment']
  : ['flow', 'environment']
for (const protocol of protocols) {
  test(`a new ${protocol} connector is built into an image, and passes its test out of it`, { skip }, async () => {
    assert.ok(typeof engine !== 'string' && builder)
    const place = join(directory, protocol)
    const source = join(place, 'flow.yaml')
    const ran = async (...args: string[]) => {
      const { code, stdout, stderr } = await runSluice(args, { env })
      assert.equal(code, 0, stdout + stderr)
      return stdout
    }
    await ran('connector', 'new', place, '--protocol', protocol)
    const flow = parse(await readFile(source, 'utf8'))
    const [name = ''] = Object.keys(flow.captures)
    const { local } = flow.captures[name].endpoint
    // The base images that container files name, as this machine has them.
    for (const base of ['docker.io/library/node:24-slim', 'docker.io/library/python:3.13-slim']) await engine.tag(base)
    const tag = `localhost/acme-${protocol}:v1`
    assert.equal(await ran('connector', 'build', '--source', source, '--tag', tag, '--engine', builder), `${tag}\n`)

    const { command, ...rest } = local
    const hosted = ['devlake', 'tightlock'].includes(protocol) ? { command } : {}
    flow.captures[name].endpoint = { connector: { ...rest, ...hosted, image: tag } }
    const packed = join(place, 'packed.flow.yaml')
    await writeFile(packed, JSON.stringify(flow))
    const network = ['--network', 'host']
    const told = await ran('connector', 'test', '--source', packed, '--max-documents', '50', '--json', ...network)
    const steps = told
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    assert.ok(steps.length >= 6 && steps.every(({ passed }) => passed), told)
  })
}
