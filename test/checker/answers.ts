/** One field of a lead that a request asks for, and what its answer says about it. */
export interface Write {
  readonly lead: number
  readonly field: string
  readonly value: string
  /** When the request was sent, in milliseconds; of a stored update that is replayed: the first request. */
  readonly from: number
  /** When it was answered, or its connection broke: the update was accepted by then, if at all. */
  readonly to: number
  /** The answer says that VICIdial has set it, or leaves that open. */
  readonly fate: 'made' | 'possible'
  /** Whether it was stored, so that VICIdial had it at some time after `to`. */
  readonly isStored?: boolean
  /** Names the request, whose updates take effect in their order. */
  readonly request: object
  readonly index: number
}

/** What is left of a field's newest writes that were made. */
interface Field {
  readonly writes: Write[]
  /** When the newest write that was made was asked for. */
  latest: number
  /** The last write of each request that was made. */
  readonly lastOf: Map<object, number>
}

/**
 * What senders know of the leads: which values each field may have, by nothing but what was asked and answered.
 *
 * A value may be in a field if no other was certainly set after it: one that was asked for after the value's request had
 * been answered, or that comes later in the same request.
 */
export class Answers {
  readonly #fields = new Map<string, Field>()

  /** What a field holds before anything is sent. */
  begin(lead: number, field: string, value: string): void {
    const never = -Infinity
    this.add({ lead, field, value, from: never, to: never, fate: 'made', request: {}, index: 0 })
  }

  add(write: Write): void {
    const name = `${write.lead} ${write.field}`
    const field: Field = this.#fields.get(name) ?? { writes: [], latest: -Infinity, lastOf: new Map() }
    this.#fields.set(name, field)
    field.writes.push(write)
    if (write.fate !== 'made') return
    field.latest = Math.max(field.latest, write.from)
    field.lastOf.set(write.request, Math.max(field.lastOf.get(write.request) ?? -1, write.index))
  }

  /** Every write of a field, as they were added. */
  writes(lead: number, field: string): readonly Write[] {
    return this.#fields.get(`${lead} ${field}`)?.writes ?? []
  }

  /** Whether the field may have this value. */
  allows(lead: number, field: string, value: string): boolean {
    const known = this.#fields.get(`${lead} ${field}`)
    return known?.writes.some((write) => write.value === value && isLast(write, known)) ?? false
  }

  /** Whether another update may have set the field after an update that was asked for at `from` by `request`. */
  mayBeSuperseded(lead: number, field: string, from: number, request: object, index: number): boolean {
    return this.writes(lead, field).some((other) =>
      other.request === request ? other.index > index : other.to >= from
    )
  }
}

function isLast({ to, request, index }: Write, { latest, lastOf }: Field): boolean {
  return to >= latest && (lastOf.get(request) ?? -1) <= index
}
