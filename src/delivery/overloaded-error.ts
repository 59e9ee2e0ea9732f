/** Too much is waiting; nothing of the request was taken. */
export class OverloadedError extends Error {
  /** When there will be room, at the rate measured of late. */
  readonly retryAfterSeconds: number

  constructor(waiting: number, retryAfterSeconds: number, why = 'there is no room for more') {
    super(`${waiting} updates are waiting for VICIdial; ${why}.`)
    this.name = 'OverloadedError'
    this.retryAfterSeconds = retryAfterSeconds
  }
}
