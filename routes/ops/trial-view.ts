import { Problem } from '../../src/errors.ts'
import type { RejectedUpdate, Update } from '../../src/leads/update.ts'
import type { TrialHint, TrialView, TriedUpdate } from '../../src/ops/senders/trial-section.ts'
import type { MappedEvents, WebhookEndpoint } from '../../src/webhooks/endpoint.ts'
import type { Hint } from '../../src/webhooks/mapping/hints.ts'
import { type AnsweredTrial, answerTo, type FailedTrial, type Trial } from '../../src/webhooks/trial.ts'

/** Updates that are shown. */
export const MAX_SHOWN = 50

/** What the page shows of a trial. */
export function trialView(endpoint: WebhookEndpoint, trial: Trial | FailedTrial | AnsweredTrial): TrialView {
  const nothing = { hints: [], updates: [], ignored: [] }
  if ('challenge' in trial) return { ...nothing, answer: { status: 200 }, challenge: trial.challenge }
  const answer = answerTo(endpoint, trial)
  if ('fault' in trial) {
    const { fault, hints } = trial
    const text = fault instanceof Problem ? `${fault.code}: ${fault.message}` : fault.message
    return { ...nothing, answer, fault: text, hints: hints.map(hintView) }
  }
  const { events, entries } = trial
  const hintsOf = (event?: number) => trial.hints.filter((hint) => hint.event === event).map(hintView)
  return {
    answer,
    counts: { updates: entries.length, ignored: events.ignored },
    eventIds: eventIdsOf(endpoint, events),
    hints: hintsOf(),
    updates: entries.slice(0, MAX_SHOWN).map((entry) => {
      const event = events.events[entry.index] ?? entry.index
      return { ...updateView(entry), event, update: events.updates[entry.index], hints: hintsOf(event) }
    }),
    ignored: events.ignoredEvents.map(({ event, code, expression }) => ({
      event,
      why: code === 'unwanted' ? 'when is not true' : `nothing to set (${expression})`,
      hints: hintsOf(event)
    }))
  }
}

function hintView({ expression, text }: Hint): TrialHint {
  return { expression, text }
}

function updateView(
  entry: Update | RejectedUpdate
): Pick<TriedUpdate, 'call' | 'stored' | 'warnings' | 'refusals'> {
  if ('refusals' in entry) return { warnings: [], refusals: entry.refusals }
  const { key, changes } = entry
  return {
    call: `${changes.function}, lead ${key.by} ${key.value}`,
    stored: changes.stored,
    warnings: changes.warnings.map(({ field, code, sent, stored, refusal }) => {
      const then =
        stored === undefined ? `left out, as ${String(refusal)}` : `stored as ${JSON.stringify(stored)}`
      return `${code} in ${field}: ${JSON.stringify(sent)} is ${then}`
    }),
    refusals: []
  }
}

function eventIdsOf({ eventId }: WebhookEndpoint, { eventIds, ignored }: MappedEvents): string {
  if (eventId === undefined) return 'Its events have no ids, so repeats are not recognized.'
  if ('headers' in eventId) return `The id of its events is in the header ${eventId.headers.join(' or ')}.`
  const found = [...new Set(eventIds)].slice(0, MAX_SHOWN).map((id) => id ?? 'none')
  if (found.length > 0) return `Ids of its events: ${found.join(', ')}.`
  return ignored > 0 ? 'Ids of ignored events are not evaluated.' : 'There are no ids of events.'
}
