import { optional } from '../command.ts'

export const DEFAULT_SERVER = 'http://localhost:8080'

/** For commands that speak to a running server. */
export const serverOptions = {
  server: optional('<url>', `the server’s address; else SLUICE_SERVER, the profile’s, ${DEFAULT_SERVER}`),
  profile: optional('<name>', 'the login to use; else SLUICE_PROFILE, else the one that was used for `login` last'),
}
