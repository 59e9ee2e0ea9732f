import type { AlertKind, Finding } from './findings.ts'

/** An alert that was sent and is not over. The next owner has to know it. */
export interface SentAlert {
  readonly kind: AlertKind
  readonly account?: string
  /** Milliseconds since the epoch. */
  readonly since: number
  /** The highest count that was sent. */
  readonly count?: number
}

/** One line of a message. */
export interface AlertLine {
  /** `test`: somebody tries whether alerts arrive. */
  readonly kind: AlertKind | 'test'
  readonly account?: string
  readonly count?: number
  readonly text: string
  /** Milliseconds since the epoch. */
  readonly since: number
  /** When it ended, in milliseconds since the epoch; absent while it is the case. */
  readonly until?: number
}

/** A moment by both clocks: `steady` for pauses, `system` for times that people read. */
export interface Moment {
  readonly steady: number
  readonly system: number
}

interface Alert {
  /** What was found last. */
  finding: Finding
  since: number
  ended: Moment | undefined
  /** Whether it was sent that it has begun. */
  isSent: boolean
  /** The highest count that was sent, of those that there still are. */
  sentCount: number
}

/** Something must have been right for this long to be over, in milliseconds: a circuit may open again at once. */
const OVER_AFTER_MS = 60_000
/** Most lines of one message. The others are in the next. */
const MAX_LINES = 50

/** What is wrong, what of it was sent, and what is to be sent next. It has at most one alert for each kind and account. */
export class OpenAlerts {
  readonly #alerts = new Map<string, Alert>()
  /** When an alert may be sent again, by its name, on the steady clock. */
  readonly #pausedUntil = new Map<string, number>()

  /** @param sent what another owner has sent */
  constructor(sent: readonly SentAlert[] = []) {
    for (const { kind, account, since, count } of sent) {
      const finding = { kind, ...(account === undefined ? {} : { account }), isWrong: true, text: '' }
      this.#alerts.set(nameOf(finding), {
        finding,
        since,
        ended: undefined,
        isSent: true,
        sentCount: count ?? 0
      })
    }
  }

  /** What was sent and is not over. */
  get sent(): SentAlert[] {
    return [...this.#alerts.values()]
      .filter(({ isSent }) => isSent)
      .map(({ finding: { kind, account }, since, sentCount }) => ({
        kind,
        ...(account === undefined ? {} : { account }),
        since,
        ...(sentCount > 0 && { count: sentCount })
      }))
  }

  note(findings: readonly Finding[], now: Moment): void {
    for (const finding of findings) this.#noteOne(finding, now)
  }

  /** The lines of the next message. */
  due(now: Moment): AlertLine[] {
    const alerts = [...this.#alerts.values()]
    if (!alerts.some((alert) => this.#isDue(alert, now))) return []
    // A count that has grown waits for no pause if a message is sent anyway.
    return alerts
      .filter((alert) => this.#isDue(alert, now) || hasGrown(alert))
      .slice(0, MAX_LINES)
      .map(lineOf)
  }

  /** Notes that these lines were sent. Since they were made, more may have happened. */
  noteSent(lines: readonly AlertLine[], pauseMs: number, now: Moment): void {
    for (const line of lines) {
      const name = nameOf(line)
      const alert = this.#alerts.get(name)
      if (alert === undefined) continue
      if (!alert.isSent || line.until === undefined) this.#pausedUntil.set(name, now.steady + pauseMs)
      alert.isSent = line.until === undefined
      alert.sentCount = Math.min(line.count ?? 0, alert.finding.count ?? 0)
      if (line.until === undefined) continue
      if (alert.ended === undefined) alert.since = now.system
      else this.#alerts.delete(name)
    }
  }

  #noteOne(finding: Finding, now: Moment): void {
    const name = nameOf(finding)
    const alert = this.#alerts.get(name)
    if (alert === undefined) {
      const begun = { finding, since: now.system, ended: undefined, isSent: false, sentCount: 0 }
      if (finding.isWrong) this.#alerts.set(name, begun)
      return
    }
    alert.finding = finding
    alert.sentCount = Math.min(alert.sentCount, finding.count ?? 0)
    alert.ended = finding.isWrong ? undefined : (alert.ended ?? now)
  }

  #isDue(alert: Alert, { steady }: Moment): boolean {
    const { finding, ended, isSent } = alert
    if (ended !== undefined && steady - ended.steady < OVER_AFTER_MS) return false
    if (ended !== undefined && isSent) return true
    const isNews = !isSent || hasGrown(alert)
    return isNews && steady >= (this.#pausedUntil.get(nameOf(finding)) ?? 0)
  }
}

/** Whether there are more than were sent. */
function hasGrown({ finding: { count = 0 }, isSent, sentCount }: Alert): boolean {
  return isSent && count > sentCount
}

function nameOf({ kind, account = '' }: Pick<AlertLine, 'kind' | 'account'>): string {
  return `${kind} ${account}`
}

function lineOf({ finding, since, ended }: Alert): AlertLine {
  const { isWrong: _, ...line } = finding
  return { ...line, since, ...(ended && { until: ended.system }) }
}
