/**
 * Members that take turns, in the order in which they were added. The first is found at once: a Set on its own walks past
 * every member that was deleted before its first one, each time it is asked.
 */
export class Turns<Member extends string | object> {
  readonly #members = new Set<Member>()
  /** Goes on to the members after the first, those added later too. */
  readonly #following = this.#members.values()
  #first: Member | undefined

  get isEmpty(): boolean {
    return this.#members.size === 0
  }

  /** Adds a member as the last one, unless it has a place already. */
  add(member: Member): void {
    this.#members.add(member)
  }

  delete(member: Member): void {
    this.#members.delete(member)
    if (member === this.#first) this.#first = undefined
  }

  /** The member whose turn it is; undefined if there are none. */
  get first(): Member | undefined {
    if (this.#first === undefined && !this.isEmpty) this.#first = this.#following.next().value
    return this.#first
  }

  /** Returns the first member, and makes it the last one. */
  rotate(): Member | undefined {
    const { first } = this
    if (first !== undefined) {
      this.delete(first)
      this.add(first)
    }
    return first
  }
}
