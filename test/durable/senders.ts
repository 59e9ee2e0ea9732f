import assert from 'node:assert/strict'
import type { Call } from '../../src/tools/sandbox/server/call-log.ts'
import type { Sandbox } from '../../src/tools/sandbox/sandbox.ts'
import { get, post } from './gateway.ts'

/** An update as its sender knows it: `unknown` if the connection broke before the answer. */
interface Sent {
  /** The how many-eth update of its lead; VICIdial gets it as `rank`. */
  readonly n: number
  readonly fields: Readonly<Record<string, string | number>>
  fate: 'accepted' | 'unknown' | 'refused'
}

interface Accepted {
  readonly job: string
  readonly leads: readonly number[]
}

export interface SendersOptions {
  /** Each sends for leads of its own, one request after the other. */
  readonly senders: number
  readonly leadsPerSender: number
  /** Called after each answer; a sender goes on when it resolves. */
  readonly onAnswer?: () => void | Promise<void>
}

/** Updates of a lead with the same changes except `rank`. */
const CHANGE_SETS = 5
/** Every so many-eth update sets what no batch can. */
const SINGLE_LEAD_EVERY = 17

/**
 * Senders of durable updates, in requests with one update and with many. The updates of a lead are sent one after
 * the other, so that their order is known, and each says which one it is.
 */
export class Senders {
  readonly #options: SendersOptions
  readonly #sent = new Map<number, Sent[]>()
  readonly #accepted: Accepted[] = []
  #turn = 0

  constructor(options: SendersOptions) {
    this.#options = options
  }

  /** Requests that were answered with 202. */
  get accepted(): number {
    return this.#accepted.length
  }

  /** Updates of these requests. */
  get updates(): number {
    return this.#accepted.reduce((sum, { leads }) => sum + leads.length, 0)
  }

  /** Sends until `signal` is aborted or the connection breaks; resolves when every sender has ended. */
  async send(origin: string, signal: AbortSignal): Promise<void> {
    const { senders, leadsPerSender } = this.#options
    const one = async (sender: number) => {
      const leads = Array.from({ length: leadsPerSender }, (_, n) => 1 + sender * leadsPerSender + n)
      while (!signal.aborted && (await this.#sendOne(origin, leads))) await this.#options.onAnswer?.()
    }
    await Promise.all(Array.from({ length: senders }, (_, sender) => one(sender)))
  }

  /** Sends one request, each third for many leads. Returns whether it was answered. */
  async #sendOne(origin: string, leads: readonly number[]): Promise<boolean> {
    const turn = this.#turn++
    const [first = 1] = leads
    const named = turn % 3 === 0 ? [...leads, first] : [leads[turn % leads.length] ?? first]
    const sent = named.map((lead) => ({ lead, update: this.#next(lead) }))
    const updates = sent.map(({ lead, update }) => ({ lead_id: lead, fields: update.fields }))
    const posted = await post(origin, { updates }).catch(() => undefined)
    if (posted === undefined) return false
    const fate = posted.status === 202 ? 'accepted' : 'refused'
    for (const { update } of sent) update.fate = fate
    if (fate === 'accepted') this.#accepted.push({ job: JSON.parse(posted.text).id, leads: named })
    else assert.equal(posted.status, 503, posted.text)
    return true
  }

  #next(lead: number): Sent {
    const sent = this.#sent.get(lead) ?? []
    this.#sent.set(lead, sent)
    const n = sent.length + 1
    const set = n % CHANGE_SETS
    const changed = [{ status: `S${n % 7}` }, { city: `City ${n}` }, { comments: `Call ${n}` }][set % 3]
    const single = n % SINGLE_LEAD_EVERY === 0 ? { phone_number: String(2_120_000_000 + n) } : {}
    const update: Sent = { n, fields: { rank: n, ...changed, ...single }, fate: 'unknown' }
    sent.push(update)
    return update
  }

  /** @throws unless each job that was answered with 202 is there, with each of its updates made */
  async assertDelivered(origin: string): Promise<void> {
    for (const { job, leads } of this.#accepted) {
      const { status, results } = await get(origin, `/v1/jobs/${job}`)
      const expected = leads.map((lead_id, index) => ({ index, lead_id, status: 'updated' }))
      assert.deepEqual({ status, results }, { status: 'completed', results: expected }, job)
    }
  }

  /** @throws if VICIdial got an update of a lead after a newer one, or never got one that was accepted */
  assertOrder(calls: readonly Call[]): void {
    const latest = new Map<number, number>()
    const seen = new Map<number, Set<number>>()
    for (const { params } of calls) {
      const { rank, lead_ids: many = '', lead_id: single = '' } = params
      if (rank === undefined) continue
      for (const lead of [...many.split(','), single].filter((id) => id !== '').map(Number)) {
        const n = Number(rank)
        const before = latest.get(lead) ?? 0
        assert(n >= before, `lead ${lead}: update ${n} came after update ${before}`)
        latest.set(lead, n)
        seen.set(lead, (seen.get(lead) ?? new Set()).add(n))
      }
    }
    for (const [lead, sent] of this.#sent) {
      for (const { n, fate } of sent) {
        if (fate === 'accepted') assert(seen.get(lead)?.has(n), `lead ${lead}: update ${n} never came`)
        if (fate === 'refused')
          assert(!seen.get(lead)?.has(n), `lead ${lead}: update ${n} was refused, and came`)
      }
    }
  }

  /** @throws unless VICIdial holds of each field the value that was accepted last, or one of unknown fate after it */
  assertHeld(sandbox: Pick<Sandbox, 'leads'>): void {
    const held = sandbox.leads() as unknown as Record<number, Record<string, string | number>>
    for (const [lead, sent] of this.#sent) {
      const allowed: Record<string, (string | number)[]> = {}
      for (const { fields, fate } of sent) {
        for (const [name, value] of Object.entries(fields)) {
          if (fate === 'accepted') allowed[name] = [value]
          if (fate === 'unknown') allowed[name] = [...(allowed[name] ?? []), value]
        }
      }
      for (const [name, values] of Object.entries(allowed)) {
        const value = held[lead]?.[name] ?? ''
        const isNone = sent.every(({ fields, fate }) => fate !== 'accepted' || fields[name] === undefined)
        assert(
          isNone || values.includes(value),
          `lead ${lead}: ${name} is ${value}, not ${values.join(' or ')}`
        )
      }
    }
  }
}
