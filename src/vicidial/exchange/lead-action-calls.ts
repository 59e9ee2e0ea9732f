import type { Callback } from '../../leads/actions/callback.ts'
import type { DncChange } from '../../leads/actions/dnc.ts'
import type { HopperOptions } from '../../leads/actions/lead-actions.ts'
import {
  callbackParams,
  dncParams,
  hopperParams,
  leaveHopperParams,
  removeCallbackParams
} from '../lead-params.ts'
import { type DncReply, readDncReply } from '../reply/dnc-reply.ts'
import { type HopperReply, readHopperReply } from '../reply/hopper-reply.ts'
import { type LeadActionReply, readLeadActionReply } from '../reply/lead-action-reply.ts'
import type { Params } from '../wire.ts'
import type { CallContext, CallRunner, Exchanged } from './call-runner.ts'

/** The calls that change no lead: those about do-not-call numbers, the hopper and callbacks. None throws. */
export class LeadActionCalls {
  readonly #runner: CallRunner

  constructor(runner: CallRunner) {
    this.#runner = runner
  }

  /** Adds a number to those that must not be called, or removes it. */
  changeDnc(asked: DncChange, context: CallContext): Promise<Exchanged<DncReply>> {
    const { change, phoneNumber, campaign } = asked
    return this.#runner.run<DncReply>(
      {
        params: dncParams(change, phoneNumber, campaign),
        leads: 0,
        read: ({ httpStatus, text }) => readDncReply(httpStatus, text, asked)
      },
      context
    )
  }

  /** Puts leads into the hopper. */
  queueLeads(
    leads: readonly number[],
    options: HopperOptions,
    context: CallContext
  ): Promise<Exchanged<HopperReply>> {
    return this.#runner.run<HopperReply>(
      {
        params: hopperParams(leads, options),
        leads: leads.length,
        read: ({ httpStatus, text }) => readHopperReply(httpStatus, text, leads)
      },
      context
    )
  }

  /** Takes a lead out of the hopper. */
  leaveHopper(lead: number, context: CallContext): Promise<Exchanged<LeadActionReply>> {
    return this.#act(lead, leaveHopperParams(lead), context)
  }

  /**
   * Adds a lead's callback, or changes the one that is there.
   * @param at in VICIdial's local time, see `DialerZone`
   */
  setCallback(
    lead: number,
    at: string,
    callback: Callback,
    context: CallContext
  ): Promise<Exchanged<LeadActionReply>> {
    return this.#act(lead, callbackParams(lead, at, callback), context)
  }

  /** Removes a lead's callbacks. */
  removeCallback(lead: number, context: CallContext): Promise<Exchanged<LeadActionReply>> {
    return this.#act(lead, removeCallbackParams(lead), context)
  }

  #act(lead: number, params: Params, context: CallContext): Promise<Exchanged<LeadActionReply>> {
    return this.#runner.run<LeadActionReply>(
      {
        params,
        leads: 1,
        read: ({ httpStatus, text }) => readLeadActionReply(httpStatus, text, lead)
      },
      context
    )
  }
}
