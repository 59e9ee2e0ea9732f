import { COLUMN_BY_NAME, columnValue } from '../../leads/reading/lead-columns.ts'
import { customName, type LeadRead } from '../../leads/reading/lead-read.ts'
import type { Exchanged } from '../../vicidial/exchange/call-runner.ts'
import type { FieldReply, LeadReply } from '../../vicidial/reply/reply.ts'
import { notDone, notFound, type Outcome, type Reading } from '../outcome.ts'

/** The calls that read one lead. */
export interface ReadCalls {
  readonly lead: (hasCustomFields: boolean) => Promise<Exchanged<LeadReply>>
  /** Reads its id: what is read before and after it is this lead's. */
  readonly id: () => Promise<Exchanged<FieldReply>>
  readonly field: (name: string, isCustom: boolean) => Promise<Exchanged<FieldReply>>
  /** The labels of a list's custom fields; undefined if they are not known. */
  readonly labels: (list: string) => Promise<ReadonlySet<string> | undefined>
}

/** What was read of a lead, or why nothing was. */
export type ReadEnd = { readonly reading: Reading } | { readonly outcome: Outcome }

/** The outcome of a reading. */
export function readOutcome(reading: Reading): Outcome {
  const isComplete = Object.keys(reading.unread).length === 0
  return { status: isComplete ? 'read' : 'incomplete', warnings: [], readings: [reading] }
}

type Row = Extract<LeadReply, { kind: 'lead' }>

/** What decoding makes of bytes that are no UTF-8, such as a letter of a latin1 connection, or one that was cut in two. */
const NOT_UTF8 = '\uFFFD'

const NO_LEAD = notFound(
  "VICIdial knows no lead with this id, or the gateway's account may not touch its list."
)
const ENTRY_LIST = 'entry_list_id'
/** The entry list of a lead without custom fields. */
const NO_LIST = '0'

/**
 * Reads fields of a lead: in one call if VICIdial prints its row whole, otherwise field by field. A field that cannot be
 * read for certain is `unread`; none is guessed.
 */
export async function readLead(lead: number, wanted: LeadRead, calls: ReadCalls): Promise<ReadEnd> {
  const fields = new LeadFields(lead, wanted)
  const end = (await readRow(fields, wanted, calls)) ?? (await readFields(fields, calls))
  return end ?? { reading: fields.reading }
}

/** Reads what the row has. Without a lead's custom fields if VICIdial fails with them: the list may have none. */
async function readRow(fields: LeadFields, wanted: LeadRead, calls: ReadCalls): Promise<ReadEnd | undefined> {
  const hasCustom = wanted.customFields.length > 0
  const isWanted =
    wanted.fields.length === 0 || wanted.fields.some((name) => COLUMN_BY_NAME.get(name)?.isInRow)
  if (!isWanted && !hasCustom) return undefined
  for (const withCustom of hasCustom ? [true, false] : [false]) {
    const exchanged = await calls.lead(withCustom)
    if (exchanged.reply.kind === 'lead') {
      const notThis = exchanged.reply.isNamed ? undefined : await confirm(fields.lead, calls)
      if (notThis !== undefined) return notThis
      fields.takeRow(exchanged.reply, withCustom)
      return undefined
    }
    if (exchanged.reply.kind !== 'unreadable') return failed(exchanged)
  }
  return undefined
}

/** Reads what is missing, a call for each field. The lead's id is read before and after them. */
async function readFields(fields: LeadFields, calls: ReadCalls): Promise<ReadEnd | undefined> {
  if (fields.isComplete) return undefined
  const notFirst = await confirm(fields.lead, calls)
  if (notFirst !== undefined) return notFirst
  for (const { name, isCustom } of fields.missing()) {
    // A list without one of the labels fails as a lead with an apostrophe does.
    const labels = isCustom ? await calls.labels(fields.entryList) : undefined
    if (labels?.has(name) === false) continue
    const exchanged = await calls.field(name, isCustom)
    const { reply } = exchanged
    if (reply.kind === 'no_field') continue
    if (reply.kind === 'field') fields.take(name, isCustom, reply.value)
    else if (reply.kind === 'not_made')
      fields.miss(name, isCustom, isCustom ? PERHAPS_NOT_IN_LIST : reply.detail)
    else if (reply.kind === 'unclear') {
      fields.miss(name, isCustom, reply.detail)
      // It may be an error all the same, such as a refused login: no further field is asked for before that is known.
      const isOver = await confirm(fields.lead, calls)
      if (isOver !== undefined) return isOver
    } else return failed(exchanged)
  }
  return confirm(fields.lead, calls)
}

const PERHAPS_NOT_IN_LIST = "VICIdial failed with HTTP 500; the lead's list may have no such custom field."

/** Reads the lead's id. Returns why the reading has failed, if it has. */
async function confirm(lead: number, calls: ReadCalls): Promise<ReadEnd | undefined> {
  const exchanged = await calls.id()
  if (exchanged.reply.kind !== 'field') return failed(exchanged)
  if (exchanged.reply.value === String(lead)) return undefined
  const detail = 'VICIdial answered with something else than the id of the lead.'
  return failed({ ...exchanged, reply: { kind: 'unclear', detail } })
}

/** The end of a reading of which a call failed. */
function failed(exchanged: Exchanged<LeadReply | FieldReply>): ReadEnd {
  const { reply, isProvisional } = exchanged
  if (reply.kind === 'not_found')
    return { outcome: { ...NO_LEAD, ...(isProvisional ? { isProvisional } : {}) } }
  if (
    reply.kind === 'lead' ||
    reply.kind === 'field' ||
    reply.kind === 'no_field' ||
    reply.kind === 'unreadable'
  )
    throw new Error(`a reading does not fail because of ${reply.kind}`)
  return { outcome: notDone({ ...exchanged, reply, maybeMade: false }) }
}

/** The wanted fields of a lead, as far as they are read. */
class LeadFields {
  readonly lead: number
  readonly #wanted: LeadRead
  readonly #values = new Map<string, string>()
  readonly #unread = new Map<string, string>()
  /** Undefined until it is known. */
  #entryList: string | undefined
  #hasCustom = false

  constructor(lead: number, wanted: LeadRead) {
    this.lead = lead
    this.#wanted = wanted
  }

  get reading(): Reading {
    const values: Record<string, string> = {}
    const names = [...this.#wanted.fields, ...this.#wanted.customFields.map(customName)]
    for (const name of names) {
      const value = this.#values.get(name)
      if (value !== undefined) values[name] = value
    }
    return { lead: this.lead, values, unread: Object.fromEntries(this.#unread) }
  }

  /** The lead's entry list; empty if it is not known. */
  get entryList(): string {
    return this.#entryList ?? ''
  }

  get isComplete(): boolean {
    return this.missing().next().done === true
  }

  /** The fields that are not read yet. Whether there are custom fields to read may show only while the lead is read. */
  *missing(): Generator<{ readonly name: string; readonly isCustom: boolean }, void> {
    for (const name of this.#wanted.fields) if (this.#isMissing(name)) yield { name, isCustom: false }
    if (this.#hasCustom || !this.#wanted.customFields.some((label) => this.#isMissing(customName(label))))
      return
    if (this.#entryList === undefined) yield { name: ENTRY_LIST, isCustom: false }
    if (this.#entryList === NO_LIST) return
    for (const name of this.#wanted.customFields)
      if (this.#isMissing(customName(name))) yield { name, isCustom: true }
  }

  /** Takes what a row has. A text that its column cannot hold shows that the row is shifted: then nothing of it counts. */
  takeRow({ columns, customFields }: Row, hasCustom: boolean): void {
    for (const [name, text] of columns) {
      const column = COLUMN_BY_NAME.get(name)
      if (column !== undefined && columnValue(column, text) === undefined) return
    }
    for (const [name, text] of columns) this.take(name, false, text)
    // A list without one of the labels does not print it.
    this.#hasCustom = hasCustom
    for (const [label, text] of customFields) this.take(label, true, text)
  }

  take(name: string, isCustom: boolean, text: string): void {
    if (name === ENTRY_LIST && !isCustom) this.#entryList = text
    const column = isCustom ? undefined : COLUMN_BY_NAME.get(name)
    if (column !== undefined && columnValue(column, text) === undefined)
      this.miss(name, isCustom, 'VICIdial answered with a text that this column cannot hold.')
    else if (text.includes(NOT_UTF8))
      this.miss(name, isCustom, 'VICIdial answered with bytes that are not UTF-8.')
    else this.#values.set(isCustom ? customName(name) : name, text)
  }

  miss(name: string, isCustom: boolean, detail: string): void {
    if (name === ENTRY_LIST && !isCustom) this.#entryList ??= ''
    const field = isCustom ? customName(name) : name
    if (this.#wanted.fields.includes(name) || isCustom) this.#unread.set(field, detail)
  }

  #isMissing(field: string): boolean {
    return !this.#values.has(field) && !this.#unread.has(field)
  }
}
