// A program of many modules as one file: where processes are started by the hundred, most of their time is spent on finding
// and linking modules. What runs is the same code.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { rolldown } from 'rolldown'

/** Bundles a TypeScript program into a directory; `import.meta.url` stays that of each source file. Returns the path. */
export async function bundleProgram(path: string, directory: string): Promise<string> {
  const bundle = await rolldown({
    input: { program: path },
    platform: 'node',
    // `pg` does without its native twin.
    external: ['pg-native'],
    plugins: [
      {
        name: 'own-place',
        transform: {
          filter: { code: 'import.meta.url' },
          handler: (code, id) => code.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(id).href)),
        },
      },
    ],
  })
  await bundle.write({ dir: directory, entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' })
  await bundle.close()
  return join(directory, 'program.mjs')
}
