import { type Account, userName } from '../account.ts'
import { readCustomFieldReply, readFieldReply } from '../reply/field-reply.ts'
import { type LabelsReply, readLabelsReply } from '../reply/labels-reply.ts'
import { readLeadReply } from '../reply/lead-reply.ts'
import type { FieldReply, LeadReply, Unclear } from '../reply/reply.ts'
import { listCustomFieldsParams, readFieldParams, readLeadParams } from '../wire.ts'
import { BLAMED, type CallContext, type CallRunner, type Exchanged } from './call-runner.ts'

const NO_VALUE: Unclear = {
  kind: 'unclear',
  detail: 'VICIdial answered with what looks like an error, not a value.'
}

/** The calls that read one lead, or the labels of its list's custom fields. None throws. */
export class LeadReadCalls {
  readonly #runner: CallRunner
  readonly #account: Pick<Account, 'user'>

  constructor(runner: CallRunner, account: Pick<Account, 'user'>) {
    this.#runner = runner
    this.#account = account
  }

  /** Reads a lead. */
  lead(lead: number, hasCustomFields: boolean, context: CallContext): Promise<Exchanged<LeadReply>> {
    return this.#runner.run(
      {
        params: readLeadParams(lead, hasCustomFields),
        leads: 1,
        printsValues: true,
        read: ({ httpStatus, text }) => readLeadReply(httpStatus, text, lead)
      },
      context
    )
  }

  /** Reads a column of a lead that cannot hold a text like one of VICIdial's errors. */
  shortField(
    lead: number,
    field: 'lead_id' | 'vendor_lead_code' | 'phone_number' | 'user',
    context: CallContext
  ): Promise<Exchanged<FieldReply>> {
    return this.#runner.run(
      {
        params: readFieldParams(lead, field),
        leads: 1,
        printsValues: true,
        read: ({ httpStatus, text }) => readFieldReply(httpStatus, text)
      },
      context
    )
  }

  /**
   * Whether the account has added a lead: VICIdial sets it as the user of the new lead. Undefined if that cannot be read.
   */
  async isOwn(lead: number, context: CallContext): Promise<boolean | undefined> {
    const { reply } = await this.shortField(lead, 'user', context)
    return reply.kind === 'field' ? userName(reply.value) === userName(this.#account.user) : undefined
  }

  /**
   * Reads any column or custom field of a lead. Its text is no error of VICIdial's, whatever it looks like: somebody could
   * write "ERROR: Login incorrect" into a lead to stop all calls.
   */
  field(
    lead: number,
    field: string,
    isCustom: boolean,
    context: CallContext
  ): Promise<Exchanged<FieldReply>> {
    return this.#runner.run<FieldReply>(
      {
        params: readFieldParams(lead, field, isCustom),
        leads: 1,
        printsValues: true,
        read: ({ httpStatus, text }) => {
          const reply = (isCustom ? readCustomFieldReply : readFieldReply)(httpStatus, text)
          const isCertain = reply.kind === 'field' || reply.kind === 'no_field' || reply.kind === 'not_made'
          return isCertain ? reply : NO_VALUE
        }
      },
      context,
      BLAMED
    )
  }

  /** Reads the labels of a list's custom fields. */
  labels(list: string, context: CallContext): Promise<Exchanged<LabelsReply>> {
    return this.#runner.run(
      {
        params: listCustomFieldsParams(list),
        leads: 0,
        read: ({ httpStatus, text }) => readLabelsReply(httpStatus, text, list)
      },
      context,
      BLAMED
    )
  }
}
