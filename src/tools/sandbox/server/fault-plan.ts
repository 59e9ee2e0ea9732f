import type { FaultName } from './faults.ts'

const ANY_FUNCTION = ''

interface Planned {
  readonly fault: FaultName
  /** How many more calls will fail. */
  calls: number
}

/** Which of the next calls fail, and how. A fault for one function takes precedence over one for any function. */
export class FaultPlan {
  readonly #planned = new Map<string, Planned>()

  reset(): void {
    this.#planned.clear()
  }

  /**
   * Makes the next `calls` calls fail this way; with a function, only calls of that function. Replaces the earlier plan
   * for the same function. 0 calls clears the plan of the function, or the whole plan if no function is given.
   */
  plan(fault: FaultName, calls: number, functionName = ANY_FUNCTION): void {
    if (calls > 0) this.#planned.set(functionName, { fault, calls })
    else if (functionName === ANY_FUNCTION) this.#planned.clear()
    else this.#planned.delete(functionName)
  }

  /** The fault of the next call to this function, if it should fail. Counts the call. */
  take(functionName: string): FaultName | undefined {
    return this.#take(this.#planned.has(functionName) ? functionName : ANY_FUNCTION)
  }

  /** Whether the next call is refused for any function, so that it need not be read. Counts the call. */
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
