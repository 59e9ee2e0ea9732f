/** Refuses a request of another gateway: nothing was done. */
export class PeerRefusal extends Error {
  readonly status: number

  /** @param status 421: another process was asked for */
  constructor(status: 400 | 409 | 421 | 503, message: string) {
    super(message)
    this.name = 'PeerRefusal'
    this.status = status
  }
}
