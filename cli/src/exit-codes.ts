/** How a command can end. The meanings stand in `sluice --help` and in the README. */
export const EXIT_CODES = {
  done: { code: 0, meaning: 'done' },
  unexpected: { code: 1, meaning: 'a fault of sluice itself' },
  usage: { code: 2, meaning: 'wrong usage: unknown or missing option, no OAuth client, port taken' },
  source: { code: 3, meaning: 'a file cannot be used: flow.yaml, its config, the OAuth client or the credentials' },
  connector: { code: 4, meaning: 'the connector failed, or its spec cannot be used' },
  authorization: { code: 5, meaning: 'access was denied, or the authorization failed at the provider' },
  provider: { code: 6, meaning: 'the provider cannot be reached, or refused the token request' },
  timeout: { code: 7, meaning: 'the time limit passed before the authorization was answered' },
  server: { code: 8, meaning: 'the Sluice server or its database cannot be reached, or refused' },
  audit: { code: 9, meaning: 'the audit chain does not hold' },
  login: { code: 10, meaning: 'there is no login, or it has expired or was revoked' },
  unwell: { code: 11, meaning: '`doctor` found what must be mended, or a connection did not pass its test' },
  interrupted: { code: 130, meaning: 'interrupted by Ctrl-C, answered with no, or the run was cancelled' },
  output_closed: { code: 141, meaning: 'whoever read the output stopped reading' },
  terminated: { code: 143, meaning: 'ended by SIGTERM' },
} as const

export type Exit = keyof typeof EXIT_CODES
