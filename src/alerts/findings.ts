import { StorageError } from '../errors.ts'
import type { DiskSpace } from '../outbox/outbox.ts'
import type { UpstreamState } from '../vicidial/guard.ts'
import type { AlertSettings } from './settings.ts'

export type AlertKind =
  | 'login_refused'
  | 'unreachable'
  | 'dead_letters'
  | 'delivery_late'
  | 'disk_nearly_full'
  | 'storage_failing'

/** Whether something is wrong. */
export interface Finding {
  readonly kind: AlertKind
  /** The VICIdial account that it is about. */
  readonly account?: string
  readonly isWrong: boolean
  /** How many there are of what is wrong; more are another alert. */
  readonly count?: number
  /** What is the case, in whole sentences. */
  readonly text: string
}

/** What is looked at. */
export interface Sources {
  /** VICIdial's state by account. */
  readonly states: ReadonlyMap<string, UpstreamState>
  readonly outbox: {
    readonly fault: string | undefined
    readonly queue: {
      readonly size: { readonly deadLetters: number }
      /** Milliseconds since the epoch. May throw a StorageError. */
      readonly oldestPendingAt: number | undefined
    }
  }
  /** Undefined if it is not known. */
  readonly disk: DiskSpace | undefined
}

const MINUTE_MS = 60_000
const GIB = 1024 ** 3

/**
 * Everything that is known to be wrong or right. What can't be known now is left out.
 * @param now milliseconds since the epoch
 */
export function findings(
  { states, outbox, disk }: Sources,
  settings: Pick<AlertSettings, 'lateMs' | 'minDiskFree'>,
  now: number
): Finding[] {
  return [
    ...[...states].flatMap(([account, { state }]) => ofAccount(account, state)),
    ofDeadLetters(outbox.queue.size.deadLetters),
    ...ofDelivery(outbox.queue, settings.lateMs, now),
    ...(disk === undefined ? [] : [ofDisk(disk, settings.minDiskFree)]),
    ofStorage(outbox.fault)
  ]
}

/** Before the first call nothing is known, and nothing of the login while VICIdial does not answer. */
function ofAccount(account: string, state: UpstreamState['state']): Finding[] {
  if (state === 'unknown') return []
  const isRefused = state === 'login_refused' || state === 'locked_out'
  const isAway = state === 'unreachable'
  const circuit = {
    kind: 'unreachable',
    account,
    isWrong: isAway,
    text: circuitText(account, isAway)
  } as const
  if (isAway) return [circuit]
  return [{ kind: 'login_refused', account, isWrong: isRefused, text: loginText(account, state) }, circuit]
}

function loginText(account: string, state: UpstreamState['state']): string {
  if (state === 'login_refused')
    return `VICIdial refuses the login of the account ${account}. No updates are sent with it. Check its user and password.`
  if (state === 'locked_out')
    return `VICIdial has locked the account ${account}. No updates are sent with it. Find out who uses it with a wrong password.`
  return `VICIdial accepts the login of the account ${account}.`
}

function circuitText(account: string, isAway: boolean): string {
  return isAway
    ? `VICIdial does not answer the account ${account}, so the circuit is open: direct requests are refused, stored updates wait.`
    : `VICIdial answers the account ${account}.`
}

function ofDeadLetters(count: number): Finding {
  const text =
    count === 0
      ? 'There are no dead letters.'
      : `${count} ${count === 1 ? 'update was' : 'updates were'} given up so far: dead letters. Fix the cause, then replay them.`
  return { kind: 'dead_letters', isWrong: count > 0, count, text }
}

function ofDelivery(queue: Sources['outbox']['queue'], lateMs: number, now: number): Finding[] {
  try {
    const { oldestPendingAt = now } = queue
    const waitedMs = now - oldestPendingAt
    const isWrong = waitedMs > lateMs
    const text = isWrong
      ? `The oldest stored update has waited for ${minutes(waitedMs)}.`
      : `No stored update has waited for ${minutes(lateMs)}.`
    return [{ kind: 'delivery_late', isWrong, text }]
  } catch (error) {
    if (error instanceof StorageError) return []
    throw error
  }
}

function ofDisk({ free, total }: DiskSpace, minFree: number): Finding {
  const isWrong = free < total * minFree
  const percent = Math.floor((100 * free) / total)
  const text = `${percent} % of the disk of DATA_DIR is free, ${(free / GIB).toFixed(1)} GiB.`
  return { kind: 'disk_nearly_full', isWrong, text }
}

/** The fault itself may name paths and addresses. */
function ofStorage(fault: string | undefined): Finding {
  const text =
    fault === undefined
      ? 'The database can be written.'
      : 'The database cannot be written, so nothing is accepted for delivery. GET /readyz and the log say more.'
  return { kind: 'storage_failing', isWrong: fault !== undefined, text }
}

function minutes(ms: number): string {
  const count = Math.floor(ms / MINUTE_MS)
  return `${count} ${count === 1 ? 'minute' : 'minutes'}`
}
