import type { BaseLogger } from 'pino'
import { steadyNow } from '../../steady-clock.ts'
import type { CallObserver } from '../../telemetry/observer.ts'
import type { Account } from '../account.ts'
import { healthOf, type Unanswered } from '../call-reply.ts'
import { type Client, msSince } from '../client.ts'
import type { Guard } from '../guard.ts'
import { NOTHING_DONE, type Refused, type UpdateReply } from '../reply/reply.ts'
import { readUpdateReply } from '../reply/update-reply.ts'
import { findLeadsParams, findListParams, formBody, type Params } from '../wire.ts'
import type { Checks } from './proof.ts'
import type { Shown } from './witness.ts'

export interface CheckOptions {
  readonly client: Client
  readonly guard: Guard
  readonly account: Pick<Account, 'name' | 'user' | 'pass'>
  /** VICIdial's `source` of the gateway's own calls. */
  readonly source: string
  /** Timeout for one call, in milliseconds. */
  readonly timeoutMs: number
  /** Gets the end of each call. */
  readonly observer?: CallObserver
  readonly log: Pick<BaseLogger, 'info'>
}

type Reply = UpdateReply | Refused | Unanswered

/** Ids to try besides the known ones, 30 for each power of ten: where there are many leads, one of them exists. */
const SAMPLE = [...new Set(Array.from({ length: 270 }, (_, n) => Math.round(10 ** (n / 30))))]
/** A list that every VICIdial is installed with. */
const DEFAULT_LIST = '999'

/** The checks of an account's VICIdial. They change nothing, and need no right beyond those for updates. */
export function createChecks(options: CheckOptions): Checks {
  return {
    leads: (known) => check(findLeadsParams([...known, ...SAMPLE]), leadsShown, options),
    lists: async (known) => {
      for (const list of known.toReversed()) {
        const shown = await check(findListParams(list), listShown, options)
        if (shown !== 'unsure') return shown
      }
      if (known.length > 0) return 'missing'
      return check(findListParams(DEFAULT_LIST), listShown, options)
    }
  }
}

function leadsShown(reply: Reply): Shown {
  return reply === NOTHING_DONE ? 'found' : 'missing'
}

/** `unsure`: the list may have been deleted. */
function listShown(reply: Reply): Shown {
  if (reply.kind === 'not_found') return 'found'
  return reply.kind === 'refused' && reply.basis === 'lists' ? 'unsure' : 'missing'
}

async function check(
  params: Params,
  shownBy: (reply: Reply) => Shown,
  { client, guard, account, source, timeoutMs, observer, log }: CheckOptions
): Promise<Shown> {
  const call = async (): Promise<UpdateReply | Unanswered> => {
    const started = performance.now()
    const raw = await client.post(formBody(params, { ...account, source }), timeoutMs)
    const reply: UpdateReply | Unanswered =
      'sent' in raw
        ? { kind: 'unanswered', ...raw, isHasty: false }
        : readUpdateReply(raw.httpStatus, raw.text)
    const ended = { function: params.function, outcome: `probe: ${shownBy(reply)}` }
    log.info({ ...ended, outcome: shownBy(reply) }, 'vicidial probe')
    observer?.callEnded({ ...ended, account: account.name, leads: 0, ms: msSince(started) })
    return reply
  }
  const reply = await guard.run(call, healthOf, steadyNow() + timeoutMs)
  return reply === undefined ? 'missing' : shownBy(reply)
}
