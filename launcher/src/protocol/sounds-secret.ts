const SOUNDS_SECRET = /secret|token|password|passphrase|api_?key|private_?key|credential/i

/** For connectors that do not say which of their settings are secret. */
export function soundsSecret(name: string): boolean {
  return SOUNDS_SECRET.test(name)
}
