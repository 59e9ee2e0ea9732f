/** What the command was asked for failed or was refused, and its message says why: no fault of the program's. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure'
  /** How the process ends. */
  readonly exitCode: 1 | 2

  /** @param message for standard error, without a secret */
  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message)
    this.exitCode = exitCode
  }
}
