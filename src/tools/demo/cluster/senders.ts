import { setTimeout as pause } from 'node:timers/promises'
import { Agent } from 'undici'

/** What senders were answered, counted. */
export interface Answered {
  /** Stored updates that were answered with 202. */
  accepted: number
  /** Synchronous updates that were made. */
  updated: number
  /** Synchronous updates whose end is not known. */
  unknown: number
  /** Requests that were refused: nothing was done. */
  refused: number
  /** Requests whose connection broke: the gateway was killed. */
  broken: number
}

export interface Senders {
  readonly answered: Answered
  /** The jobs that were accepted. */
  readonly jobs: readonly string[]
  /** The comments that each lead must have at the end, with those that it may have as their end is not known. */
  readonly allowed: ReadonlyMap<number, readonly string[]>
  /** Resolves when every sender has got its last answer. */
  stop(): Promise<void>
}

const PAUSE_MS = 20
/** Every so many requests of a sender are synchronous. */
const SYNCHRONOUS_EVERY = 4

/** Starts senders, each with a lead of its own: one update after the other, each with a new comment. */
export function startSenders(origin: string, key: string, count: number): Senders {
  const answered: Answered = { accepted: 0, updated: 0, unknown: 0, refused: 0, broken: 0 }
  const jobs: string[] = []
  const allowed = new Map<number, string[]>()
  const stopping = new AbortController()
  const dispatcher = new Agent({ headersTimeout: 0 })

  const send = async (lead: number, n: number, isStored: boolean) => {
    const comments = `update ${n}`
    const body = JSON.stringify({ updates: [{ lead_id: lead, fields: { comments } }] })
    const headers = {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      ...(isStored ? { prefer: 'respond-async' } : {})
    }
    const path = '/v1/leads/batch-update'
    const may = () => allowed.set(lead, [...(allowed.get(lead) ?? []), comments])
    let status: number
    let answer: { id?: string; results?: { status: string }[] }
    try {
      const response = await dispatcher.request({ origin, path, method: 'POST', headers, body })
      status = response.statusCode
      answer = (await response.body.json()) as typeof answer
    } catch {
      answered.broken++
      may()
      return
    }
    const [result] = answer.results ?? []
    if (status === 202 && answer.id !== undefined) {
      answered.accepted++
      jobs.push(answer.id)
      allowed.set(lead, [comments])
    } else if (result?.status === 'updated') {
      answered.updated++
      allowed.set(lead, [comments])
    } else if (result?.status === 'unknown') {
      answered.unknown++
      may()
    } else answered.refused++
  }
  const one = async (lead: number) => {
    for (let n = 1; !stopping.signal.aborted; n++) {
      await send(lead, n, n % SYNCHRONOUS_EVERY > 0)
      await pause(PAUSE_MS)
    }
  }
  const all = Promise.all(Array.from({ length: count }, (_, index) => one(index + 1)))
  return {
    answered,
    jobs,
    allowed,
    stop: async () => {
      stopping.abort()
      await all
      await dispatcher.close()
    }
  }
}
