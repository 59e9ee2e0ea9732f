import type { DeliveryContext } from '../../src/delivery/delivery.ts'
import { KeyLines } from '../../src/delivery/adding/key-lines.ts'
import { Dispatcher, type DispatcherOptions } from '../../src/delivery/dispatcher.ts'
import type { Outcome } from '../../src/delivery/outcome.ts'
import type { Update } from '../../src/leads/update.ts'
import type { RawReply, Client, NoReply } from '../../src/vicidial/client.ts'
import type { Tester } from '../helper.ts'
import { LONG_MS, upstreamWith, type UpstreamSettings } from '../vicidial/upstream.ts'
import { NO_WRITES } from './updates.ts'

/** A call that VICIdial received and answers when the test says so. */
export interface HeldCall {
  readonly params: Readonly<Record<string, string>>
  /** The function, its leads or keys, and the status that is set. */
  readonly text: string
  /** Answers with `text`, or with success. */
  answer(text?: string): void
  /** Ends it without an answer. */
  lose(): void
}

type OwnOptions = Omit<DispatcherOptions, 'exchange' | 'guard' | 'log'>

interface Settings extends UpstreamSettings, Partial<OwnOptions> {
  readonly maxLeadsPerCall?: number
  /** The leads of each key. */
  readonly found?: Readonly<Record<string, readonly number[]>>
}

/** A dispatcher with a VICIdial that answers only when the test says so, without HTTP between them. */
export async function heldVicidial(t: Tester, settings: Settings = {}) {
  const { dialect = 'lead_ids', maxLeadsPerCall = 1_000, found = {} } = settings
  const calls: HeldCall[] = []
  const timers = new Set<NodeJS.Timeout>()
  let arrived = Promise.withResolvers<void>()
  let seen = 0
  let isAnswering = false

  const post = (body: string, limitMs: number) =>
    new Promise<RawReply | NoReply>((resolve) => {
      const params = Object.fromEntries(new URLSearchParams(body))
      const end = (answer: RawReply | NoReply) => {
        clearTimeout(timer)
        timers.delete(timer)
        resolve(answer)
      }
      const lose = (code: NoReply['code']) => {
        end({ sent: 'maybe', code, detail: 'lost' })
      }
      const timer = setTimeout(() => {
        lose('upstream_timeout')
      }, limitMs)
      timers.add(timer)
      const held: HeldCall = {
        params,
        text: inShort(params),
        answer: (text = success(params, found)) => {
          end({ httpStatus: 200, text })
        },
        lose: () => {
          lose('upstream_unavailable')
        }
      }
      calls.push(held)
      arrived.resolve()
      arrived = Promise.withResolvers()
      if (isAnswering) held.answer()
    })
  const client = { post, close: async () => {} } as unknown as Client
  const { exchange, guard, log, close } = upstreamWith(client, { maxConcurrency: 1, ...settings })
  t.teardown(() => {
    for (const timer of timers) clearTimeout(timer)
    return close()
  })
  const dispatcher = new Dispatcher({
    lines: new KeyLines({ doubtMs: 1_000, isInDoubt: false }),
    exchange,
    guard,
    rules: { maxLeadsPerCall, dialect },
    maxWaiting: settings.maxWaiting ?? 100_000,
    lingerMs: settings.lingerMs ?? 0,
    writes: settings.writes ?? NO_WRITES,
    log
  })
  // Proves the login, so that `maxConcurrency` applies from the start.
  await guard.run(
    async () => {},
    () => 'good',
    Date.now() + LONG_MS
  )

  const deliver = (elements: readonly Update[], context: Partial<DeliveryContext> = {}) =>
    dispatcher.deliver(elements, {
      caller: 'crm',
      source: 'crm',
      deadline: Date.now() + LONG_MS,
      requestId: 'req',
      ...context
    })
  return {
    dispatcher,
    guard,
    calls,
    deliver,
    /** Delivers, and returns only the outcomes. */
    outcomes: async (elements: readonly Update[], context: Partial<DeliveryContext> = {}) =>
      (await deliver(elements, context)).outcomes as Outcome[],
    /** The next call that was not returned yet, when it arrives. */
    next: async (): Promise<HeldCall> => {
      for (;;) {
        const call = calls[seen]
        if (call !== undefined) {
          seen++
          return call
        }
        await arrived.promise
      }
    },
    /** The calls so far, in short. */
    texts: () => calls.map(({ text }) => text),
    /** Answers all held calls, and from now on every call at once. */
    answerAll: () => {
      isAnswering = true
      for (const call of calls) call.answer()
    }
  }
}

function inShort(params: Readonly<Record<string, string>>): string {
  const { lead_ids, lead_id, vendor_lead_code, phone_number, status } = params
  const named = lead_ids ?? lead_id ?? vendor_lead_code ?? phone_number
  return [params['function'], named, status].filter(Boolean).join(' ')
}

function success(
  params: Readonly<Record<string, string>>,
  found: Readonly<Record<string, readonly number[]>>
): string {
  const { lead_ids = '', lead_id, vendor_lead_code, phone_number } = params
  if (params['function'] === 'lead_search') {
    const keys = (vendor_lead_code ?? phone_number ?? '').split(',')
    return keys.map((key) => `${key}|${(found[key] ?? []).length}|${(found[key] ?? []).join('-')}\n`).join('')
  }
  if (params['function'] === 'update_lead') {
    return `SUCCESS: update_lead LEAD HAS BEEN UPDATED - api|${lead_id}|1|||\n`
  }
  const count = lead_ids.split(',').length
  return `SUCCESS: batch_update_lead LEADS HAVE BEEN UPDATED - api|${count}|${count}|${lead_ids}\n`
}
