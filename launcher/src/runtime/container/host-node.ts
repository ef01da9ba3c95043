// The Node that runs Sluice, for containers: any image starts it, because it brings what it is linked with.
import { basename } from 'node:path'
import { StartError } from '../runtime.ts'

const DIRECTORY = '/sluice'
const LOADER = /^ld-[\w-]+\.so(\.\d+)*$/
const LIBRARY = /\.so(\.\d+)*$/

export interface HostNode {
  /** What starts it; arguments follow. */
  command: string[]
  /** Files of this machine by the paths that they get. */
  mounts: { Source: string; Target: string }[]
}

let found: HostNode | null = null

/** @throws StartError where it is no program of Linux */
export function hostNode(): HostNode {
  found ??= describeNode(process.execPath, linkedLibraries())
  return found
}

function describeNode(node: string, libraries: readonly string[]): HostNode {
  if (process.platform !== 'linux')
    throw new StartError(`runs on ${process.platform}, whose programs no container starts`)
  const within = (path: string) => `${DIRECTORY}/${basename(path)}`
  const program = `${DIRECTORY}/node`
  const loader = libraries.find((path) => LOADER.test(basename(path)))
  return {
    // One that is linked with nothing needs no loader.
    command: loader === undefined ? [program] : [within(loader), '--library-path', DIRECTORY, program],
    mounts: [{ Source: node, Target: program }, ...libraries.map((path) => ({ Source: path, Target: within(path) }))],
  }
}

/** By the names that the loader asks for. Those that the kernel brings have no path. */
function linkedLibraries(): string[] {
  // Names of peers would be looked up, which Node's types do not know how to leave out.
  const before: unknown = Reflect.get(process.report, 'excludeNetwork')
  Reflect.set(process.report, 'excludeNetwork', true)
  const { sharedObjects } = process.report.getReport() as unknown as { sharedObjects: string[] } // as Node documents it
  Reflect.set(process.report, 'excludeNetwork', before)
  return sharedObjects.filter((path) => path.startsWith('/') && LIBRARY.test(path))
}
