import { hasOnlyActions } from '../../leads/changes.ts'
import type { Exchange } from '../../vicidial/exchange/exchange.ts'
import type { CallContext, Exchanged } from '../../vicidial/exchange/call-runner.ts'
import { DialerZone } from '../../vicidial/dialer-zone.ts'
import type { HopperReply } from '../../vicidial/reply/hopper-reply.ts'
import type { Refused } from '../../vicidial/reply/reply.ts'
import type { LeadTask } from '../delivery.ts'
import type { FailedExchange, Outcome } from '../outcome.ts'
import type { LeadReader } from '../reading/lead-reader.ts'
import { DialerClock } from './dialer-clock.ts'
import { HopperQueue } from './hopper-queue.ts'
import { type ActionCalls, type ActionsStart, performActions, unsentOutcome } from './perform-actions.ts'

export interface ActionRunnerOptions {
  readonly exchange: Exchange
  readonly reader: Pick<LeadReader, 'call' | 'contextOf'>
  /** The name of the time zone of VICIdial's server, if the operator has given it. */
  readonly timeZone: string | undefined
  /** Called when a lead waits for the hopper; others may still be added to its call. */
  readonly onWaiting: () => void
  /** Called when a call has ended. */
  readonly onEnded: () => void
  /** Notes a fault of the gateway. */
  readonly failure: (error: unknown) => FailedExchange
}

/** Does the actions of updates that are made. */
export class ActionRunner {
  readonly #options: ActionRunnerOptions
  readonly #hopper = new HopperQueue()
  readonly #clock = new DialerClock()
  readonly #zone: DialerZone

  constructor(options: ActionRunnerOptions) {
    this.#options = options
    this.#zone = new DialerZone(options.timeZone)
  }

  /**
   * Does the actions of an update that is made, if it has any.
   * @param before the outcome so far
   */
  async perform(task: LeadTask, before: Outcome): Promise<Outcome> {
    const start = actionsStart(task, before)
    if (start === undefined) return before
    let sent = () => before
    const calls = this.#callsOf(task, before, () => {
      task.made = sent()
    })
    return performActions(start, calls, (unsent, sentThen) => {
      task.made = unsent
      sent = sentThen
    })
  }

  /** Starts a call that puts leads into the hopper. Returns false if no lead waits for it. */
  startHopper(refusal: Refused | undefined): boolean {
    const { exchange, reader, onEnded, failure } = this.#options
    const entries = this.#hopper.take()
    const [first] = entries
    if (first === undefined) return false
    const end = (exchanged: Exchanged<HopperReply | Refused>) => {
      for (const entry of entries) entry.end(exchanged)
    }
    if (refusal !== undefined) {
      end({ reply: refusal, maybeMade: false, isUnsent: true })
      return true
    }
    const leads = entries.map(({ task }) => task.lead)
    const context = notingSent(reader.contextOf(entries.map(({ task }) => task)), () => {
      for (const { onSent } of entries) onSent()
    })
    void exchange.actions
      .queueLeads(leads, first.options, context)
      .catch((error: unknown) => failure(error) as Exchanged<Refused>)
      .then((exchanged) => {
        end(exchanged)
        onEnded()
      })
    return true
  }

  /** @param onSent called each time a call is sent that changes something */
  #callsOf(task: LeadTask, before: Outcome, onSent: () => void): ActionCalls {
    const { exchange, reader, onWaiting } = this.#options
    const { lead } = task
    const call = <Reply>(make: (context: CallContext) => Promise<Exchanged<Reply>>) => reader.call(task, make)
    const changing = <Reply>(make: (context: CallContext) => Promise<Exchanged<Reply>>) =>
      call((context) => make(notingSent(context, onSent)))
    return {
      phoneNumber:
        task.changes.stored['phone_number'] ??
        task.request.phoneNumberOf(task.index, before.status === 'added'),
      readPhoneNumber: () => call((context) => exchange.reads.shortField(lead, 'phone_number', context)),
      addDnc: (phoneNumber, campaign) =>
        changing((context) => exchange.actions.changeDnc({ change: 'add', phoneNumber, campaign }, context)),
      version: () => this.#clock.ask(() => call((context) => exchange.version(context))),
      localTime: (at, version) => this.#zone.localTime(at, version),
      setCallback: (at, callback) =>
        changing((context) => exchange.actions.setCallback(lead, at, callback, context)),
      removeCallback: () => changing((context) => exchange.actions.removeCallback(lead, context)),
      queue: (options) => {
        const end = this.#hopper.add(task, options, onSent)
        onWaiting()
        return end
      },
      leaveHopper: () => changing((context) => exchange.actions.leaveHopper(lead, context))
    }
  }
}

/** What the actions of a task begin with; undefined if it has none. */
function actionsStart({ lead, changes, base }: LeadTask, before: Outcome): ActionsStart | undefined {
  const { actions } = changes
  return actions && { lead, actions, before, isMade: base !== undefined || !hasOnlyActions(changes) }
}

/** The outcome of a task that is made, if its actions can't be sent in time. */
export function withActionsUnsent(task: LeadTask, made: Outcome): Outcome {
  const start = actionsStart(task, made)
  return start === undefined ? made : unsentOutcome(start)
}

/** A context whose call is also noted each time it is sent. */
function notingSent(context: CallContext, onSent: () => void): CallContext {
  return {
    ...context,
    onSent: () => {
      context.onSent()
      onSent()
    }
  }
}
