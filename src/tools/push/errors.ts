/** A push cannot start or continue. The message says why and what to do, without a secret. */
export class PushFailure extends Error {
  override readonly name = 'PushFailure'
  /** The exit code of the process: 1 for a failure, 2 for wrong usage. */
  readonly exitCode: 1 | 2

  constructor(message: string, exitCode: 1 | 2, options?: ErrorOptions) {
    super(message, options)
    this.exitCode = exitCode
  }
}

/** A push stops early. The checkpoint has what it did, so that another run can resume it. */
export class PushStopped extends Error {
  override readonly name = 'PushStopped'
}
