/** A push cannot start or continue. The message says why and what to do, without a secret. */
export class PushFailure extends Error {
  override readonly name = 'PushFailure'
  /** The exit code of the process: 1 for a failure, 2 for wrong usage. */
  readonly exitCode: 1 | 2
  /** Options to add to the command, with which it would start. */
  readonly remedy: readonly string[] | undefined

  constructor(
    message: string,
    exitCode: 1 | 2,
    options?: ErrorOptions & { readonly remedy?: readonly string[] | undefined }
  ) {
    super(message, options)
    this.exitCode = exitCode
    this.remedy = options?.remedy
  }
}

/** A push stops early. The checkpoint has what it did, so that another run can resume it. */
export class PushStopped extends Error {
  override readonly name = 'PushStopped'
}
