/** A push ends before its work is done; what it has done is known, and it can be gone on with. */
export class Stop extends Error {
  override readonly name = 'Stop'
}
