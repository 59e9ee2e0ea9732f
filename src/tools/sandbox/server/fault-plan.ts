import type { FaultName } from './faults.ts'

/** Which calls a fault concerns, and what of them. */
export interface FaultScope {
  /** Only calls of this function. */
  readonly function?: string
  /** Only calls with this parameter, such as `insert_if_not_found`. */
  readonly parameter?: string
  /** For faults of values: only this column or custom field. */
  readonly field?: string
}

interface Planned {
  readonly fault: FaultName
  readonly scope: FaultScope
  /** How many more calls will fail. */
  calls: number
}

export interface TakenFault {
  readonly name: FaultName
  readonly field?: string
}

/** Which of the next calls fail, and how. Of several faults for a call, the one with the narrowest scope counts. */
export class FaultPlan {
  readonly #planned = new Map<string, Planned>()

  reset(): void {
    this.#planned.clear()
  }

  /**
   * Makes the next `calls` calls fail this way, if they are in the scope. Replaces the earlier plan for the same function
   * and parameter. 0 calls clears that plan, or the whole plan if no function and no parameter is given.
   */
  plan(fault: FaultName, calls: number, scope: FaultScope = {}): void {
    const key = keyOf(scope)
    if (calls > 0) this.#planned.set(key, { fault, scope, calls })
    else if (key === keyOf({})) this.#planned.clear()
    else this.#planned.delete(key)
  }

  /** The fault of the next call, if it should fail. Counts the call. */
  take(functionName: string, parameters: ReadonlyMap<string, string>): TakenFault | undefined {
    const isConcerned = ({ scope }: Planned) =>
      (scope.function ?? functionName) === functionName &&
      (scope.parameter === undefined || parameters.has(scope.parameter))
    const [narrowest] = [...this.#planned.values()]
      .filter(isConcerned)
      .sort((one, other) => narrowness(other.scope) - narrowness(one.scope))
    return narrowest && this.#take(narrowest)
  }

  /** Whether the next call is refused in any case, so that it need not be read. Counts the call. */
  takeUnreadRefusal(): boolean {
    const only = this.#planned.size === 1 ? this.#planned.get(keyOf({})) : undefined
    if (only?.fault !== 'refuse') return false
    this.#take(only)
    return true
  }

  #take(planned: Planned): TakenFault {
    planned.calls--
    if (planned.calls === 0) this.#planned.delete(keyOf(planned.scope))
    const { fault: name, scope } = planned
    return { name, ...(scope.field !== undefined && { field: scope.field }) }
  }
}

function keyOf({ function: functionName = '', parameter = '' }: FaultScope): string {
  return `${functionName} ${parameter}`
}

/** A parameter narrows more than a function. */
function narrowness({ function: functionName, parameter }: FaultScope): number {
  return (parameter === undefined ? 0 : 2) + (functionName === undefined ? 0 : 1)
}
