/** A refusal of the demo API: RFC 9457 problem, with an RFC 6750 challenge when the token is at fault. */
export class ApiProblem extends Error {
  readonly status: 400 | 401 | 403 | 404 | 405
  readonly code: string
  readonly www_authenticate: string | null

  constructor(status: ApiProblem['status'], code: string, detail: string, www_authenticate: string | null = null) {
    super(detail)
    this.status = status
    this.code = code
    this.www_authenticate = www_authenticate
  }
}
