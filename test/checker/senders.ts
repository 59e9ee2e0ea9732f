import { setTimeout as pause } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { Answers, type Write } from './answers.ts'
import { type Answer, GatewayClient, isRefusal, isTransient } from './gateway-client.ts'
import { KEY } from './processes.ts'
import { below, chance, type Request, Requests, type Update } from './requests.ts'

/** An update with the time between which and when it was accepted, in milliseconds. */
interface Accepted {
  readonly update: Update
  readonly from: number
  readonly to: number
  readonly request: object
  readonly index: number
}

/** A request that can be repeated, and how it has been answered. */
interface Sent {
  readonly request: Request
  /** When the first attempt without an answer was sent: what a repeat is answered may be about that. */
  firstUnansweredAt: number | undefined
  /** The latest answer that is kept for repeats. */
  kept: Answer | undefined
  /** Whether a repeat must get it, unless the clock jumps over its life. */
  isKeptForSure: boolean
  /** How often the clock had done so by then. */
  jumps: number
  /** When the answer came, in milliseconds. */
  keptAt: number
}

interface Options {
  readonly gateway: {
    readonly origin: string
    /** Resolves when the next request may be sent. */
    readonly ready: Promise<void>
  }
  /** Called with what contradicts the promises. */
  readonly onViolation: (what: string) => void
  /** Whether the answer to a request that was sent at `from` could be stored. */
  readonly hasRoom: (from: number) => boolean
  /** How long after its answer an update without a known result may still reach VICIdial, in milliseconds. */
  readonly lateMs?: number
  /** How long a sender waits for an answer, in milliseconds; by default for ever. */
  readonly answerMs?: number
  /** Called with each answer, undefined if there was none. */
  readonly onAnswer?: (request: Request, answer: Answer | undefined) => void
}

/** What a refusal says if the updates may be stored nevertheless: the database did not answer. */
const MAY_BE_STORED = 'may have been accepted'
const KEPT = 200
const LATE_MS = 1_000
/** Pause of a sender that is refused: else most operations would be sent while nothing can be done. */
const OVERLOADED_MS = 200
const HEADERS = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' }

/** Sends requests of all kinds, and keeps what their answers say. */
export class Senders {
  readonly answers = new Answers()
  readonly #options: Options
  readonly #client: GatewayClient
  readonly #requests = new Requests()
  /** The latest requests with a key, to be repeated. */
  readonly #repeatable: Sent[] = []
  readonly #jobs = new Map<string, Accepted[]>()
  #recentJobs: string[] = []
  #isReplaying = false
  #replays = 0
  /** How many requests of each kind were answered, and how often each status. */
  readonly counts = new Map<string, number>()
  /** Updates sent, repeats, cancellations and replays. */
  operations = 0
  /** Set when the clock has jumped beyond the life of stored answers. */
  jumps = 0
  #isStopped = false

  constructor(options: Options) {
    this.#options = options
    this.#client = new GatewayClient(options.gateway.origin, options.answerMs)
  }

  get #lateMs(): number {
    return this.#options.lateMs ?? LATE_MS
  }

  close(): Promise<void> {
    return this.#client.close()
  }

  /** Sends until there were so many operations: each update is one, and each repeat, cancellation and replay. */
  async send(operations: number, senders: number): Promise<void> {
    const one = async () => {
      while (this.operations < operations && !this.#isStopped) {
        await this.#options.gateway.ready
        await this.#operate()
      }
    }
    await Promise.all(Array.from({ length: senders }, one))
  }

  /** Lets `send` end after the requests under way. */
  stop(): void {
    this.#isStopped = true
  }

  async #operate(): Promise<void> {
    const turn = below(100)
    if (turn < 14) this.operations++
    if (turn < 9 && this.#repeatable.length > 0) return this.#repeat()
    if (turn < 12) return this.#cancel()
    if (turn < 14 && !this.#isReplaying) {
      await this.replay(chance(15))
      return
    }
    const request = this.#requests.next()
    this.operations += request.updates.length
    const sent: Sent = {
      request,
      firstUnansweredAt: undefined,
      kept: undefined,
      isKeptForSure: false,
      jumps: 0,
      keptAt: 0
    }
    if (request.isRepeatable) {
      this.#repeatable.push(sent)
      if (this.#repeatable.length > KEPT) this.#repeatable.shift()
    }
    await this.#ask(sent, request.way, chance(1))
  }

  async #repeat(): Promise<void> {
    const sent = this.#repeatable[below(this.#repeatable.length)]
    if (sent) await this.#ask(sent, 'repeat', false)
  }

  /** @param hangsUp closes the connection, most likely before the answer */
  async #ask(sent: Sent, kind: string, hangsUp: boolean): Promise<void> {
    const { request } = sent
    const { jumps } = this
    const from = performance.now()
    const answer = await this.#client.exchange(request, hangsUp)
    const to = performance.now()
    this.#options.onAnswer?.(request, answer)
    this.#count(kind, hangsUp ? 'hung up' : answer?.status)
    if (answer === undefined) {
      // Whether it was accepted nobody knows; and if its sender hung up or gave up, not when either.
      const { answerMs = Infinity } = this.#options
      const gaveUp = hangsUp || to - from >= answerMs
      sent.firstUnansweredAt ??= from
      this.#write(request.updates, from, gaveUp ? Infinity : to + this.#lateMs, () => 'possible')
    } else this.#judge(sent, answer, from, to, jumps)
    if (answer?.text.includes(MAY_BE_STORED)) {
      sent.firstUnansweredAt ??= from
      this.#write(request.updates, from, Infinity, () => 'possible')
    }
    if (answer?.status === 503) await pause(OVERLOADED_MS)
  }

  #judge(sent: Sent, answer: Answer, from: number, to: number, jumps: number): void {
    const { request, kept } = sent
    const { status, body, isReplayed, text } = answer
    if (status === 409) return
    const what = `${request.method} ${request.path} ${request.body.slice(0, 200)} was answered ${status} ${text.slice(0, 300)}`
    if (isReplayed && !request.isRepeatable) this.#options.onViolation(`not a repeat: ${what}`)
    const isSame =
      kept !== undefined && (request.way === 'direct' ? kept.text === text : kept.body.id === body.id)
    // A repeat is refused where its answer could not be stored again, but never gets another one.
    const isLater = from > sent.keptAt && sent.jumps === this.jumps
    if (sent.isKeptForSure && isLater && !(isReplayed && isSame) && !isRefusal(answer))
      this.#options.onViolation(`other than before (${kept?.text.slice(0, 300)}): ${what}`)
    if (!isSame) {
      const start = isReplayed ? (sent.firstUnansweredAt ?? from) : from
      if (request.way !== 'direct' && status < 300) this.#accept(sent, body.id, start, to)
      else this.#judgeResults(request, answer, start, to, what)
    }
    if (isTransient(answer)) return
    sent.firstUnansweredAt = undefined
    sent.kept = answer
    sent.isKeptForSure = request.isRepeatable && this.#options.hasRoom(from)
    sent.jumps = jumps
    sent.keptAt = to
  }

  #judgeResults(request: Request, answer: Answer, from: number, to: number, what: string): void {
    const { status, body } = answer
    const results = request.method === 'PATCH' && status === 200 ? [body] : body.results
    if (!Array.isArray(results)) {
      // Refused as a whole.
      if (!isRefusal(answer)) this.#options.onViolation(`no results: ${what}`)
      return
    }
    const { updates } = request
    if (
      !isDeepStrictEqual(
        results.map(({ index }) => index),
        [...updates.keys()]
      )
    )
      this.#options.onViolation(`not a result for each update: ${what}`)
    this.#write(updates, from, to, (index, field) => this.#fateOf(results[index], field, what), request)
  }

  #accept({ request }: Sent, id: string, from: number, to: number): void {
    if (this.#jobs.has(id)) return
    this.#jobs.set(
      id,
      request.updates.map((update, index) => ({ update, from, to, request, index }))
    )
    this.#recentJobs.push(id)
    if (this.#recentJobs.length > KEPT) this.#recentJobs = this.#recentJobs.slice(KEPT / 2)
  }

  /** What a result says about a field; undefined: it was not set. */
  #fateOf(result: any, field: string, what: string): Write['fate'] | undefined {
    switch (result?.status) {
      case 'updated':
        if (result.superseded?.includes(field)) return undefined
        return result.warnings === undefined ? 'made' : 'possible'
      case 'failed':
        return undefined
      case 'unknown':
      case 'superseded':
      case 'cancelled':
        return 'possible'
      default:
        this.#options.onViolation(`a result that cannot be, ${JSON.stringify(result)}: ${what}`)
        return 'possible'
    }
  }

  #write(
    updates: readonly Update[],
    from: number,
    to: number,
    fateOf: (index: number, field: string) => Write['fate'] | undefined,
    request: object = {}
  ): void {
    for (const [index, { lead, fields }] of updates.entries()) {
      for (const [field, value] of Object.entries(fields)) {
        const fate = fateOf(index, field)
        if (fate === undefined) continue
        const late = fate === 'possible' ? this.#lateMs : 0
        this.answers.add({ lead, field, value, from, to: to + late, fate, request, index })
      }
    }
  }

  async #cancel(): Promise<void> {
    const id = this.#recentJobs[below(this.#recentJobs.length)]
    if (id === undefined) return
    const answer = await this.#client.exchange({
      method: 'POST',
      path: `/v1/jobs/${id}/cancel`,
      headers: { authorization: HEADERS.authorization }
    })
    this.#count('cancel', answer?.status)
  }

  /**
   * Replays dead letters, some or all of a page, and if there is no answer again until there is one.
   * @returns how many
   */
  async replay(isForced: boolean): Promise<number> {
    this.#isReplaying = true
    try {
      const list = await this.#client.get('/v1/dead-letters?limit=100')
      const known = (list?.body.dead_letters ?? []).filter(
        ({ job_id, result }: any) => this.#jobs.get(job_id)?.[result.index]
      )
      const chosen = (chance(50) ? known.slice(0, 1 + below(5)) : known) as any[]
      if (chosen.length === 0) return 0
      const letters = chosen.toSorted((a, b) => (a.id < b.id ? -1 : 1))
      const key = { 'idempotency-key': `replay-${this.#replays++}` }
      const body = JSON.stringify({ ids: letters.map(({ id }) => id), force: isForced })
      const from = performance.now()
      for (;;) {
        await this.#options.gateway.ready
        const answer = await this.#client.exchange({
          method: 'POST',
          path: '/v1/dead-letters/replay',
          headers: { ...HEADERS, ...key },
          body
        })
        this.#count('replay', answer?.status)
        if (answer === undefined || answer.status === 409 || answer.status === 503) {
          await pause(20)
          continue
        }
        const to = performance.now()
        const [job] = answer.body.jobs ?? []
        if (answer.status !== 202 || answer.body.jobs.length !== 1 || job.updates !== letters.length) {
          this.#options.onViolation(`replay of ${body} was answered ${answer.status} ${answer.text}`)
          return 0
        }
        const accepted = letters.flatMap(({ job_id, result }) => this.#jobs.get(job_id)?.[result.index] ?? [])
        const forced = { from, to, request: {} }
        this.#jobs.set(
          job.id,
          accepted.map((one, index) => (isForced ? { ...one, ...forced, index } : one))
        )
        return letters.length
      }
    } finally {
      this.#isReplaying = false
    }
  }

  /** Asks for the results of all jobs, each of which must be final. Returns how many updates were accepted. */
  async collect(): Promise<number> {
    const waiting = [...this.#jobs]
    let updates = 0
    const superseded: { one: Accepted; field: string; id: string }[] = []
    const one = async () => {
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
        const [id, accepted] = next
        const answer = await this.#client.get(`/v1/jobs/${id}`)
        const results = answer?.body.results ?? []
        const what = `job ${id} with ${accepted.length} updates: ${answer?.status} ${answer?.text.slice(0, 400)}`
        if (results.length !== accepted.length)
          this.#options.onViolation(`not a result for each update: ${what}`)
        for (const [place, one] of accepted.entries()) {
          const { update, from, to, request, index } = one
          const { lead, fields } = update
          updates++
          for (const [field, value] of Object.entries(fields)) {
            const fate = this.#fateOf(results[place], field, what)
            if (fate !== undefined)
              this.answers.add({ lead, field, value, from, to, fate, isStored: true, request, index })
            if (results[place]?.superseded?.includes(field)) superseded.push({ one, field, id })
          }
        }
      }
    }
    await Promise.all(Array.from({ length: 8 }, one))
    for (const { one, field, id } of superseded) {
      const { update, from, request, index } = one
      if (!this.answers.mayBeSuperseded(update.lead, field, from, request, index))
        this.#options.onViolation(
          `${field} of lead ${update.lead} is superseded by nothing in job ${id}: ` +
            `${JSON.stringify(one)} ${JSON.stringify(this.answers.writes(update.lead, field).slice(-8))}`
        )
    }
    return updates
  }

  /** How many updates wait, and how many are dead letters. */
  async left(): Promise<{ waiting: number; dead_letters: number }> {
    return (await this.#client.get('/readyz'))?.body.outbox ?? { waiting: 1, dead_letters: 0 }
  }

  /** Jobs that were accepted and are known to be. */
  get jobs(): number {
    return this.#jobs.size
  }

  #count(kind: string, end: number | string = 'no answer'): void {
    const name = `${kind} ${end}`
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1)
  }
}
