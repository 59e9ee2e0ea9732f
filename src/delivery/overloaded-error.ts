/** Too much is waiting; nothing of the request was taken. */
export class OverloadedError extends Error {
  /** When there will be room, at the rate measured of late. */
  readonly retryAfterSeconds: number

  constructor(waiting: number, retryAfterSeconds: number) {
    super(`${waiting} updates are waiting for VICIdial; there is no room for more.`)
    this.name = 'OverloadedError'
    this.retryAfterSeconds = retryAfterSeconds
  }
}
