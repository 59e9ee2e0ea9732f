export type Status = 'ok' | 'warning' | 'fault' | 'skipped'

/** The result of one check. Its texts contain no password. */
export interface Finding {
  readonly status: Status
  /** What the check found, in one or a few sentences. */
  readonly detail: string
  /** What to do about it, if there is something to do. */
  readonly remedy?: string
  /** The right settings for this VICIdial, by variable. */
  readonly settings?: Readonly<Record<string, string>>
}

/** The steps for the database, in order, with DATABASE_URL. */
export const DATABASE_STEPS = [
  'database',
  'database_rights',
  'database_commits',
  'database_clock',
  'database_sessions'
] as const

/** The steps for the server, in order. */
export const SERVER_STEPS = [
  'address',
  'connection',
  'certificate',
  'version',
  'round_trip',
  'clock',
  'settings'
] as const

/** The steps for each VICIdial account, in order. */
export const ACCOUNT_STEPS = [
  'login',
  'batch_update_lead',
  'update_lead',
  'lead_search',
  'lists',
  'custom_fields',
  'failed_queries',
  'non_latin'
] as const

/** The steps for functions that only reading and verifying need, if a caller or a webhook may do that. */
export const READ_STEPS = ['lead_all_info', 'lead_field_info'] as const

/** The steps for functions that only actions need, if a caller or a webhook may do these. */
export const ACTION_STEPS = ['hopper_bulk_insert', 'add_dnc_phone', 'delete_dnc_phone'] as const

/** The steps that need a test lead, in order. */
export const TEST_LEAD_STEPS = ['test_lead', 'db_charset', 'stored_values'] as const

export type StepId =
  | 'configuration'
  | (typeof DATABASE_STEPS)[number]
  | (typeof SERVER_STEPS)[number]
  | (typeof ACCOUNT_STEPS)[number]
  | (typeof READ_STEPS)[number]
  | (typeof ACTION_STEPS)[number]
  | (typeof TEST_LEAD_STEPS)[number]

/** One step of a check. */
export interface Step extends Finding {
  readonly id: StepId
  /** The name of the VICIdial account, if the step is about one. */
  readonly account?: string
  readonly ms: number
}

/** Runs the steps of one check, and reports each when it is done. */
export class StepRunner {
  readonly done: Step[] = []
  readonly #onStep: (step: Step) => void

  constructor(onStep: (step: Step) => void) {
    this.#onStep = onStep
  }

  /** Runs a step and returns its finding. */
  async run<Result extends Finding>(
    id: StepId,
    check: () => Promise<Result> | Result,
    account?: string
  ): Promise<Result> {
    const started = performance.now()
    const finding = await check()
    this.#add(id, finding, Math.round((performance.now() - started) * 10) / 10, account)
    return finding
  }

  /** Reports steps as skipped, with the reason. */
  skip(ids: readonly StepId[], detail: string, account?: string): void {
    for (const id of ids) this.#add(id, { status: 'skipped', detail }, 0, account)
  }

  #add(id: StepId, { status, detail, remedy, settings }: Finding, ms: number, account?: string): void {
    const step = {
      id,
      ...(account === undefined ? {} : { account }),
      status,
      detail,
      ...(remedy === undefined ? {} : { remedy }),
      ...(settings === undefined ? {} : { settings }),
      ms
    }
    this.done.push(step)
    this.#onStep(step)
  }
}
