// A server whose console people sign in to by the lab.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Lab } from '@sluice/lab'
import { parseAccessRules } from '../console/sign-in/access-rules.ts'
import { startTestServer, type TestServer, type TestServerOptions } from './test-server.ts'

/** @param access as in `SLUICE_OIDC_ACCESS` */
export async function startWithProvider(
  t: Pick<TestContext, 'after'>,
  access: string,
  options: TestServerOptions = {},
): Promise<TestServer> {
  const client = { client_id: 'console', client_secret: 'console-secret-0123456789abcdef' }
  const server = await startTestServer(t, {
    ...options,
    sign_in: (lab: Lab, directory) => {
      lab.addClient(client)
      const client_secret_file = join(directory, 'oidc-secret')
      writeFileSync(client_secret_file, `${client.client_secret}\n`)
      return {
        issuer: lab.origin,
        client_id: client.client_id,
        client_secret_file,
        access: parseAccessRules(access) ?? [],
      }
    },
  })
  server.lab.addClient({ ...client, redirect_uris: [`${server.services.base_url}/console/sign_in/callback`] })
  return server
}
