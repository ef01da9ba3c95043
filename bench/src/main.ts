// `npm run bench -- <group>…`: measures, prints a table, and keeps the rows in results.json.
import { readFile, writeFile } from 'node:fs/promises'
import { availableParallelism, loadavg } from 'node:os'
import { groupNames, loadGroup } from './groups.ts'
import { mergeResults, type Result } from './result.ts'
import { resultsTable } from './results-table.ts'

const RESULTS = new URL('../results.json', import.meta.url)

const known = await groupNames()
const args = process.argv.slice(2)
const chosen = args.includes('--all') ? known : args
const unknown = chosen.filter((name) => !known.includes(name))

if (unknown.length > 0) {
  process.stderr.write(`There is no group ${unknown.join(', ')}; the groups are ${known.join(', ')}.\n`)
  process.exitCode = 2
} else if (chosen.length === 0) {
  await list()
} else {
  warnWhenBusy()
  for (const name of chosen) await run(name)
}

async function list(): Promise<void> {
  process.stdout.write('Usage: npm run bench -- <group>… | --all\n\n')
  for (const name of known) process.stdout.write(`  ${name.padEnd(12)} ${(await loadGroup(name)).description}\n`)
}

function warnWhenBusy(): void {
  const [load = 0] = loadavg()
  if (load < availableParallelism() / 2) return
  process.stderr.write(`This machine is busy (load ${load.toFixed(1)}); figures will be worse than they could be.\n`)
}

async function run(name: string): Promise<void> {
  process.stderr.write(`${name} …\n`)
  try {
    const measured = await (await loadGroup(name)).measure()
    const results = mergeResults(await readResults(), measured)
    await writeFile(RESULTS, `${JSON.stringify(results, null, 2)}\n`)
    const ids = new Set(measured.map(({ id }) => id))
    process.stdout.write(resultsTable(results.filter(({ id }) => ids.has(id))))
  } catch (error) {
    process.stderr.write(`${name} failed: ${error instanceof Error ? error.stack : error}\n`)
    process.exitCode = 1
  }
}

async function readResults(): Promise<Result[]> {
  const text = await readFile(RESULTS, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '[]'
    throw error
  })
  return JSON.parse(text) as Result[] // written by `run` alone
}
