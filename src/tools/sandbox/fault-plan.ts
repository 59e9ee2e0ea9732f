import type { FaultName } from './faults.ts'

const ANY_FUNCTION = ''

interface Planned {
  readonly fault: FaultName
  /** How many calls are still to fail. */
  calls: number
}

/** Which of the next calls fail, and how. A fault for one function goes before one for any function. */
export class FaultPlan {
  readonly #planned = new Map<string, Planned>()

  reset(): void {
    this.#planned.clear()
  }

  /**
   * Makes the next `calls` calls, of one function if it is given, fail in this way, in place of what was planned
   * for them. With 0 calls nothing is planned for that function any more, or for any at all if none is given.
   */
  plan(fault: FaultName, calls: number, functionName = ANY_FUNCTION): void {
    if (calls > 0) this.#planned.set(functionName, { fault, calls })
    else if (functionName === ANY_FUNCTION) this.#planned.clear()
    else this.#planned.delete(functionName)
  }

  /** The fault of a call to this function, if it is to fail; the call is then counted. */
  take(functionName: string): FaultName | undefined {
    return this.#take(this.#planned.has(functionName) ? functionName : ANY_FUNCTION)
  }

  /** Whether the next call is refused whatever its function is: it need not be read. The call is counted. */
  takeUnreadRefusal(): boolean {
    const onlyRefusal = this.#planned.size === 1 && this.#planned.get(ANY_FUNCTION)?.fault === 'refuse'
    return onlyRefusal && this.#take(ANY_FUNCTION) === 'refuse'
  }

  #take(key: string): FaultName | undefined {
    const planned = this.#planned.get(key)
    if (planned === undefined) return undefined
    planned.calls--
    if (planned.calls === 0) this.#planned.delete(key)
    return planned.fault
  }
}
