/** The command failed or was refused, without a bug in this program. The message says why. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure'
  /** The exit code of the process. */
  readonly exitCode: 1 | 2

  /** @param message printed to standard error; must not contain secrets */
  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message)
    this.exitCode = exitCode
  }
}
