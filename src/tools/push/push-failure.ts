/** A push cannot begin, or cannot go on; the message says why and what to do, without a secret. */
export class PushFailure extends Error {
  override readonly name = 'PushFailure'
  /** How the process ends: 1 what was asked for failed, 2 wrong usage. */
  readonly exitCode: 1 | 2

  constructor(message: string, exitCode: 1 | 2, options?: ErrorOptions) {
    super(message, options)
    this.exitCode = exitCode
  }
}
