import { setTimeout as pause } from 'node:timers/promises'
import { BLANK } from '../../leads/clean.ts'
import type { NonLatin } from '../../leads/column-text.ts'
import type { AccountCalls, Reply } from './account-calls.ts'
import { compareNonLatin } from './non-latin.ts'
import { readFieldParams, writeFieldParams } from '../../vicidial/wire.ts'
import { isError, type ReplyKind } from '../../vicidial/reply-kind.ts'
import type { Finding } from './step.ts'

/** A lead whose value the check may change for a moment. */
export interface TestLead {
  readonly lead: number
  /** Asks the operator for consent. The question says what will be done. */
  readonly consent: (question: string) => Promise<boolean>
  /** Runs work that signals must not interrupt. */
  readonly untilDone: <Result>(work: () => Promise<Result>) => Promise<Result>
}

/** Text fields that VICIdial itself doesn't use. The first one that can be restored is used. */
const FIELDS = ['address3', 'province', 'address2', 'security_phrase', 'city'] as const
/**
 * Values that VICIdial stores unchanged, with either `use_non_latin` and in each of these fields. It also stores an
 * apostrophe, but answers HTTP 500 to reading it.
 */
const KEPT = /^[0-9A-Za-z](?:[-0-9A-Za-z ._]{0,48}[-0-9A-Za-z._])?$/

const WRITTEN = 'check é check'
const STORED: Readonly<Record<string, NonLatin>> = { 'check  check': 0, [WRITTEN]: 1 }

const MAX_RESTORE_ATTEMPTS = 5
const RESTORE_PAUSE_MS = 1_000

interface Field {
  readonly name: string
  readonly value: string
}

/**
 * Checks what VICIdial stores of a letter like é: writes it to one field of a lead, reads it, and restores the old
 * value. Writes nothing unless the lead can be read.
 */
export async function checkTestLead(
  calls: AccountCalls,
  { lead, consent, untilDone }: TestLead,
  configured: NonLatin
): Promise<Finding> {
  const read = await readFields(calls, lead)
  const failed = read.find(({ reply: { kind } }) => kind !== 'other')
  if (failed !== undefined && !read.some(({ reply: { kind } }) => kind === 'other')) {
    return unreadable(failed.reply, lead)
  }
  const field = chooseField(read)
  if (field === undefined) {
    return {
      status: 'skipped',
      detail: `Nothing was written: lead ${lead} has values in ${FIELDS.join(', ')} that could not be put back exactly.`,
      remedy: 'Take another lead for --test-lead, best one with an empty address3.'
    }
  }
  const now = field.value === '' ? 'empty now' : `"${field.value}" now`
  const question = `${field.name} of lead ${lead}, ${now}, is set to "${WRITTEN}", read, and put back. (The lead's modify date changes.)`
  if (!(await consent(question))) {
    return { status: 'skipped', detail: 'Nothing was written: consent was not given.' }
  }
  return untilDone(() => writeAndRestore(calls, lead, field, configured))
}

function readField(calls: AccountCalls, lead: number, name: string): Promise<Reply> {
  return calls.ask(readFieldParams(lead, name))
}

async function readFields(calls: AccountCalls, lead: number): Promise<{ name: string; reply: Reply }[]> {
  const read: { name: string; reply: Reply }[] = []
  for (const name of FIELDS) read.push({ name, reply: await readField(calls, lead, name) })
  return read
}

/** An empty field, or else one whose value VICIdial stores unchanged. */
function chooseField(read: readonly { name: string; reply: Reply }[]): Field | undefined {
  const fields = read
    .filter(({ reply: { kind } }) => kind === 'other')
    .map(({ name, reply: { text } }) => ({ name, value: text }))
  return (
    fields.find(({ value }) => value === '') ??
    fields.find(({ value }) => KEPT.test(value) && value !== BLANK)
  )
}

const LIST_NOT_ALLOWED = [
  "the lead's list is not of a campaign that the user's group allows.",
  'Give --test-lead the id of a lead of an allowed list.'
] as const
/** Why a lead can't be read, and what to do. */
const UNREADABLE: Partial<Readonly<Record<ReplyKind, readonly [detail: string, remedy: string]>>> = {
  function_not_allowed: [
    'lead_field_info is not among the functions that the user may call.',
    "Select lead_field_info in API Allowed Functions of the user's page; it can be taken away afterwards."
  ],
  no_permission: [
    'the user may not read leads by lead_field_info.',
    "In the user's page, set Agent API Access to 1 and Modify Leads to 1."
  ],
  function_unknown: ['this VICIdial does not know lead_field_info.', 'Update VICIdial.'],
  not_found: ['there is no such lead.', 'Give --test-lead the id of a lead that exists.'],
  list_not_allowed: LIST_NOT_ALLOWED,
  // What lead_field_info says.
  list_not_found: LIST_NOT_ALLOWED
}

function unreadable({ kind, why }: Reply, lead: number): Finding {
  const [detail, remedy] = UNREADABLE[kind] ?? [
    why ?? 'VICIdial answered in words that are not known.',
    'Run this again.'
  ]
  return {
    status: 'fault',
    detail: `Nothing was written, because what VICIdial stores in lead ${lead} cannot be read back: ${detail}`,
    remedy
  }
}

async function writeAndRestore(
  calls: AccountCalls,
  lead: number,
  field: Field,
  configured: NonLatin
): Promise<Finding> {
  const { text } = await calls.ask(writeFieldParams(lead, field.name, WRITTEN))
  // VICIdial changes nothing if it replies ERROR. After any other reply, or none, it may have.
  if (isError(text)) return notTaken(lead)
  const stored = await readField(calls, lead, field.name)
  if (!(await restore(calls, lead, field))) return notRestored(lead, field)
  if (stored.kind !== 'other') {
    return {
      status: 'warning',
      detail: `What VICIdial stored could not be read; ${field.name} of lead ${lead} is as it was.`,
      remedy: 'Run this again.'
    }
  }
  if (stored.text === field.value) return notTaken(lead)
  const found = STORED[stored.text]
  if (found === undefined) {
    return {
      status: 'warning',
      detail: `VICIdial stored something else of "${WRITTEN}" than it does with either setting; ${field.name} of lead ${lead} is as it was.`,
      remedy: "See whether VICIdial's database and PHP use UTF-8 throughout."
    }
  }
  const { detail, ...finding } = compareNonLatin(found, configured)
  return { ...finding, detail: `${detail} Seen in ${field.name} of lead ${lead}, which is as it was.` }
}

function notTaken(lead: number): Finding {
  return {
    status: 'fault',
    detail: `VICIdial did not take the change of lead ${lead}: it is as it was.`,
    remedy: 'Give --test-lead the id of a lead of a list that the account may use.'
  }
}

/** Restores the value and reads it to be sure, with several attempts. Returns whether it is restored. */
async function restore(calls: AccountCalls, lead: number, { name, value }: Field): Promise<boolean> {
  for (let attempt = 1; attempt <= MAX_RESTORE_ATTEMPTS; attempt++) {
    await calls.insist(writeFieldParams(lead, name, value === '' ? BLANK : value))
    const { kind, text } = await readField(calls, lead, name)
    if (kind === 'other' && text === value) return true
    if (attempt < MAX_RESTORE_ATTEMPTS) await pause(RESTORE_PAUSE_MS)
  }
  return false
}

function notRestored(lead: number, { name, value }: Field): Finding {
  const was = value === '' ? 'empty' : `"${value}"`
  return {
    status: 'fault',
    detail: `${name} of lead ${lead} was changed, and could not be seen to be put back.`,
    remedy: `Open lead ${lead} in VICIdial and set ${name} to what it was: ${was}.`
  }
}
