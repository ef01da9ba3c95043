// A program for tests: supervises the embedded Postgres of the directory named first until its standard input ends.
// Prints one line of JSON: the address and process, or the error's code.
import { lockDataDirectory } from '../data-directory.ts'
import { startEmbeddedPostgres } from '../postgres/start-embedded-postgres.ts'

const [directory = '', bin_directory] = process.argv.slice(2)

try {
  const lock = await lockDataDirectory(directory)
  const { url, pid, version, stop } = await startEmbeddedPostgres({ directory, bin_directory })
  process.stdout.write(`${JSON.stringify({ url, pid, version })}\n`)
  process.stdin.resume()
  process.stdin.once('end', async () => {
    await stop()
    lock.release()
  })
} catch (error) {
  const { code, message } = error as Error & { code: string }
  process.stdout.write(`${JSON.stringify({ code, message })}\n`)
}
