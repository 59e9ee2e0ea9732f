import { call } from '../helper.ts'
import { as, store } from '../routes/jobs-of.ts'
import type { Sent } from './requests.ts'

/** What a request may name that only the gateway knows the id of. */
const KINDS = ['open', 'dead', 'job', 'letter'] as const
export type Kind = (typeof KINDS)[number]

/** Stands in a generated request for an id; which one there is will be known when it is sent. */
export function placeholder(kind: Kind, n: number): string {
  return `~${kind}${n}~`
}

const PLACEHOLDER = new RegExp(`~(${KINDS.join('|')})(\\d+)~`, 'g')
/** Leads of stored updates that wait for good: nothing else names them, for it would wait behind them. */
const FIRST_AWAY_LEAD = 100_000

/**
 * Jobs and dead letters to be named by requests. The caller `denied` sends what VICIdial refuses for good, the caller
 * `away` what cannot be sent; the caller `all` sees both.
 */
export class Stock {
  readonly #gateway: { readonly origin: string }
  #lead = FIRST_AWAY_LEAD
  #ids: Readonly<Record<Kind, readonly string[]>> = { open: [], dead: [], job: [], letter: [] }

  constructor(origin: string) {
    this.#gateway = { origin }
  }

  /** Whether there is something of each kind. */
  get isComplete(): boolean {
    return KINDS.every((kind) => this.#ids[kind].length > 0)
  }

  /** Adds a job of either caller, and looks what there is by now. */
  async fill(): Promise<void> {
    await store(this.#gateway, { lead_ids: [1, 2, 3], fields: { status: 'A' } }, as('denied-key'))
    await store(this.#gateway, { lead_ids: [this.#lead++], fields: { status: 'A' } }, as('away-key'))
    const [away, all, dead] = await Promise.all([
      this.#list('/v1/jobs?limit=20', 'away-key'),
      this.#list('/v1/jobs?limit=50', 'all-key'),
      this.#list('/v1/dead-letters?limit=20', 'all-key')
    ])
    this.#ids = {
      open: away.jobs.filter((job: any) => job.finished_at === undefined).map(({ id }: any) => id),
      dead: dead.dead_letters.map(({ job_id }: any) => job_id),
      job: all.jobs.map(({ id }: any) => id),
      letter: dead.dead_letters.map(({ id }: any) => id)
    }
  }

  /** The request with ids in the place of its placeholders. */
  named(sent: Sent): Sent {
    const name = (text: string) =>
      text.replace(PLACEHOLDER, (all, kind: Kind, n: string) => {
        const ids = this.#ids[kind]
        return ids[Number(n) % ids.length] ?? all
      })
    const { path, body } = sent
    return {
      ...sent,
      path: name(path),
      body: body && Buffer.from(name(body.toString('latin1')), 'latin1')
    }
  }

  async #list(path: string, key: string): Promise<any> {
    const { status, body } = await call(this.#gateway, 'GET', path, undefined, as(key))
    if (status !== 200) throw new Error(`${path} was answered ${status}`)
    return body
  }
}
