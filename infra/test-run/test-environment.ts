/** What of the caller's settings reaches tests. */
const KEPT = new Set(['SLUICE_CHROMIUM', 'SLUICE_CONTAINER_ENGINE', 'SLUICE_REAL_CONNECTORS'])
const SETTINGS = /^(SLUICE_|PG|XDG_)|^(DATABASE_URL|PORT)$/

/** Takes the caller's own settings out of the environment, so that tests run alike for everybody. */
export function isolateEnvironment(environment: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(environment)) {
    if (SETTINGS.test(name) && !KEPT.has(name)) delete environment[name]
  }
}
