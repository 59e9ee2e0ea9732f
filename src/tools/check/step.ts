export type Status = 'ok' | 'warning' | 'fault' | 'skipped'

/** What a look at one thing showed. No text of it holds a password. */
export interface Finding {
  readonly status: Status
  /** What is so, in one or a few sentences. */
  readonly detail: string
  /** What to do about it; absent where there is nothing to do. */
  readonly remedy?: string
}

/** What is looked at once, in this order. */
export const SERVER_STEPS = [
  'address',
  'connection',
  'certificate',
  'version',
  'round_trip',
  'clock',
  'settings'
] as const

/** What is looked at for each VICIdial account, in this order. */
export const ACCOUNT_STEPS = [
  'login',
  'batch_update_lead',
  'update_lead',
  'lead_search',
  'lists',
  'non_latin'
] as const

export type StepId =
  'configuration' | (typeof SERVER_STEPS)[number] | (typeof ACCOUNT_STEPS)[number] | 'test_lead'

/** One step of a check. */
export interface Step extends Finding {
  readonly id: StepId
  /** The VICIdial account, by name, if the step is about one. */
  readonly account?: string
  readonly ms: number
}

/** The steps of one check, each told as soon as it is over. */
export class Steps {
  readonly done: Step[] = []
  readonly #tell: (step: Step) => void

  constructor(tell: (step: Step) => void) {
    this.#tell = tell
  }

  /** Looks at something, and gives what was found. */
  async run<Found extends Finding>(
    id: StepId,
    look: () => Promise<Found> | Found,
    account?: string
  ): Promise<Found> {
    const started = performance.now()
    const found = await look()
    this.#add(id, found, Math.round((performance.now() - started) * 10) / 10, account)
    return found
  }

  /** Notes that nothing was looked at, and why. */
  skip(ids: readonly StepId[], detail: string, account?: string): void {
    for (const id of ids) this.#add(id, { status: 'skipped', detail }, 0, account)
  }

  #add(id: StepId, { status, detail, remedy }: Finding, ms: number, account?: string): void {
    const step = {
      id,
      ...(account === undefined ? {} : { account }),
      status,
      detail,
      ...(remedy === undefined ? {} : { remedy }),
      ms
    }
    this.done.push(step)
    this.#tell(step)
  }
}
