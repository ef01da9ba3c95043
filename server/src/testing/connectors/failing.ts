// A Flow connector that answers `spec` like the lab's, and fails at everything else in the way that its argument names.
import { createInterface } from 'node:readline'
import { spec } from '../../../../lab/connectors/source-lab/spec.ts'

const [way] = process.argv.slice(2)

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line)
  if (request.spec !== undefined) {
    process.stdout.write(`${JSON.stringify({ spec: spec(process.env.LAB_ORIGIN ?? '') })}\n`)
    continue
  }
  const [operation] = Object.values(request) as { config?: { credentials?: { access_token?: string } } }[]
  const token = operation?.config?.credentials?.access_token
  if (way === 'exits') {
    process.stderr.write(`${JSON.stringify({ level: 'error', msg: `cannot reach the source with ${token}` })}\n`)
    process.exit(1)
  }
  if (way === 'garbage') process.stdout.write(`<html>${token}</html>\n`)
}
if (way === 'silent') await new Promise(() => setInterval(() => {}, 1000))
