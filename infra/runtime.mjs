// Preloaded by every npm script. The project runs TypeScript as it is, which needs the pinned Node; npm finds the
// pinned binary of `node-linux-*` first, and a missing pin would fall back silently, so the version is asserted here.
// Its default export, because older versions lack the function and would fail to link before they are told.
import nodeModule from 'node:module'

const REQUIRED_MAJOR = 24
const major = Number(process.versions.node.split('.')[0])

if (major < REQUIRED_MAJOR) {
  process.stderr.write(
    `Sluice runs on Node ${REQUIRED_MAJOR} or later; this is ${process.version} (${process.execPath}).\n` +
      'Run it by `npm start` after `npm ci` on Linux, where the right Node is installed beside the project; ' +
      `elsewhere install Node ${REQUIRED_MAJOR} (https://nodejs.org).\n`,
  )
  process.exit(70)
}

nodeModule.enableCompileCache()
