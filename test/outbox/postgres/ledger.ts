import assert from 'node:assert/strict'

/** Fields of a lead that a sender wants to set: of a stored update, or of a synchronous request. */
export interface SentWrite {
  readonly lead: number
  readonly fields: readonly string[]
  /** When it was sent, by the ledger's own count of time. */
  readonly sentAt: number
  /** When it was answered with success: stored, or made. */
  answeredAt: number
}

/**
 * VICIdial and the senders, seen from outside: who sent what when, was answered when, and which values VICIdial got in
 * which order.
 */
export class Ledger {
  #time = 0
  /** What VICIdial got, by lead and field. */
  readonly #applied = new Map<string, SentWrite[]>()

  send(lead: number, fields: readonly string[]): SentWrite {
    return { lead, fields, sentAt: ++this.#time, answeredAt: Number.POSITIVE_INFINITY }
  }

  answer(write: SentWrite): void {
    write.answeredAt = ++this.#time
  }

  /** VICIdial sets fields. Fails if a value that was answered is replaced by one whose answer came before it was sent. */
  apply(write: SentWrite, fields: readonly string[]): void {
    for (const field of fields) {
      const name = `${write.lead} ${field}`
      const before = this.#applied.get(name) ?? []
      const undone = before.find(
        ({ sentAt, answeredAt }) => sentAt > write.answeredAt && answeredAt < Number.POSITIVE_INFINITY
      )
      assert.equal(undone, undefined, `an older update undid ${field} of lead ${write.lead}`)
      this.#applied.set(name, [...before, write])
    }
  }

  /** Nobody knows that VICIdial got these values: they are sent again, and older ones may come first. */
  forget(write: SentWrite): void {
    for (const [name, writes] of this.#applied)
      this.#applied.set(
        name,
        writes.filter((one) => one !== write)
      )
  }

  /** How many values VICIdial got. */
  get size(): number {
    return [...this.#applied.values()].reduce((sum, writes) => sum + writes.length, 0)
  }
}
