import type { Addition } from '../../leads/adding/addition.ts'
import type { Changes } from '../../leads/changes.ts'
import { changesRefusal, keyRefusal, type KnownBuild } from '../build-refusals.ts'
import type { Health } from '../call-reply.ts'
import type { RawReply } from '../client.ts'
import { additionParams, listInfoParams, newLeadOf } from '../lead-params.ts'
import { readFoundListReply } from '../reply/found-list-reply.ts'
import { readListReply } from '../reply/list-reply.ts'
import {
  type FoundListReply,
  NOTHING_DONE,
  NOTHING_USABLE,
  type Refused,
  type SearchReply,
  type UpdateReply
} from '../reply/reply.ts'
import { readSearchReply } from '../reply/search-reply.ts'
import { readUpdateReply } from '../reply/update-reply.ts'
import { readUpsertReply, type UpsertReply } from '../reply/upsert-reply.ts'
import { readVersionReply, type VersionReply } from '../reply/version-reply.ts'
import {
  type Call,
  callParams,
  type Dialect,
  findListParams,
  PROBES,
  SEARCH_LIMIT,
  searchParams
} from '../wire.ts'
import { LeadActionCalls } from './lead-action-calls.ts'
import {
  type CallContext,
  CallRunner,
  type CallRunnerOptions,
  type Exchanged,
  type RepeatOptions
} from './call-runner.ts'
import { LeadReadCalls } from './lead-read-calls.ts'
import { mayRepeatAddition } from './repeat.ts'

export interface ExchangeOptions extends CallRunnerOptions {
  readonly dialect: Dialect
  /** Knows the rules of VICIdial's build. */
  readonly buildWatch: KnownBuild
  /** Probes the login. */
  readonly login: () => Promise<Health>
}

/** Exchanges calls for replies: writes the parameters of each function, and reads what VICIdial says. */
export class Exchange {
  readonly reads: LeadReadCalls
  readonly actions: LeadActionCalls
  readonly #runner: CallRunner
  readonly #options: ExchangeOptions

  constructor(options: ExchangeOptions) {
    this.#options = options
    this.#runner = new CallRunner(options)
    this.reads = new LeadReadCalls(this.#runner, options.account)
    this.actions = new LeadActionCalls(this.#runner)
  }

  /** Sends a planned call. Never throws. */
  async update(call: Call, context: CallContext): Promise<Exchanged<UpdateReply>> {
    const params = callParams(call, this.#options.dialect)
    const asked = { function: params.function, leads: new Set(call.leads.map(({ lead }) => lead)) }
    const isCustom = call.leads[0]?.changes.params['custom_fields'] !== undefined
    const exchanged = await this.#runner.run<UpdateReply>(
      {
        params,
        leads: call.leads.length,
        read: ({ httpStatus, text }) => {
          const reply = readUpdateReply(httpStatus, text, asked)
          if (reply.kind !== 'updated' || !isCustom || reply.customFields === 'stored') return reply
          if (httpStatus !== 200)
            return { kind: 'unclear', detail: 'VICIdial failed before it came to the custom fields.' }
          return { ...reply, basis: 'custom_fields' }
        }
      },
      context
    )
    if (exchanged.reply !== NOTHING_DONE || !(await this.#isWorking(context))) return exchanged
    // A failed SELECT of custom fields reads the same.
    return { ...exchanged, reply: NOTHING_USABLE, ...(isCustom ? { isProvisional: true } : {}) }
  }

  /**
   * Adds a lead, or updates one that has the key. Unlike other calls it is not repeated if it may have been made. Never
   * throws.
   */
  add(
    by: 'vendor_lead_code' | 'phone_number',
    addition: Addition,
    context: CallContext
  ): Promise<Exchanged<UpsertReply>> {
    const asked = newLeadOf(addition)
    return this.#runner.run<UpsertReply>(
      {
        params: additionParams(by, addition),
        leads: 1,
        read: ({ httpStatus, text }) => readUpsertReply(httpStatus, text, asked),
        mayRepeat: mayRepeatAddition
      },
      context
    )
  }

  /** Asks VICIdial for its version and its clock. Never throws. */
  version(context: CallContext): Promise<Exchanged<VersionReply>> {
    return this.#runner.run<VersionReply>(
      {
        params: PROBES.version,
        leads: 0,
        read: ({ httpStatus, text }) => readVersionReply(httpStatus, text)
      },
      context
    )
  }

  /**
   * Finds out whether VICIdial has a list that the account may use. A fork that reads `leads_data` may know no other way of
   * `batch_update_lead`: there `list_info` is asked, which needs the right to modify lists. Never throws.
   */
  findList(list: string, context: CallContext): Promise<Exchanged<FoundListReply>> {
    const request =
      this.#options.dialect === 'lead_ids'
        ? {
            params: findListParams(list),
            read: ({ httpStatus, text }: RawReply) => readFoundListReply(readUpdateReply(httpStatus, text))
          }
        : {
            params: listInfoParams(list),
            read: ({ httpStatus, text }: RawReply) => readListReply(httpStatus, text, list)
          }
    return this.#runner.run<FoundListReply>({ ...request, leads: 0 }, context)
  }

  /** Looks up many keys in one call. Never throws. */
  search(
    by: 'vendor_lead_code' | 'phone_number',
    keys: readonly string[],
    context: CallContext,
    options?: RepeatOptions
  ): Promise<Exchanged<SearchReply>> {
    return this.#runner.run(
      {
        params: searchParams(by, keys),
        leads: keys.length,
        read: ({ httpStatus, text }) => readSearchReply(httpStatus, text, keys, SEARCH_LIMIT)
      },
      context,
      options
    )
  }

  /** See `keyRefusal`. */
  keyRefusal(key: string): Refused | undefined {
    return keyRefusal(key, this.#options.buildWatch)
  }

  /** See `changesRefusal`. */
  changesRefusal(changes: Changes): Refused | undefined {
    return changesRefusal(changes, this.#options.buildWatch)
  }

  /** Whether VICIdial answers a call that needs an answer. */
  async #isWorking({ deadline }: CallContext): Promise<boolean> {
    const { guard, login } = this.#options
    return (await guard.run(login, (health) => health, deadline)) === 'good'
  }
}
