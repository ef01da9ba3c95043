/** A refusal, with the word of the OAuth Problem Reporting extension. `reason` is for the developer. */
export class OAuth1Problem extends Error {
  readonly status: 400 | 401
  readonly problem: string

  constructor(status: 400 | 401, problem: string, reason: string) {
    super(reason)
    this.name = 'OAuth1Problem'
    this.status = status
    this.problem = problem
  }
}
