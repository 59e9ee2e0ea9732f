import { setTimeout as pause } from 'node:timers/promises'
import { BLANK } from '../../../leads/cleaning/sendable-text.ts'
import type { DbCharset, NonLatin } from '../../../leads/cleaning/column-text.ts'
import { FIELD_BY_NAME } from '../../../leads/fields.ts'
import type { AccountCalls, Reply } from '../../account/account-calls.ts'
import { charsetText, compareCharset, storedCharset } from './db-charset.ts'
import { compareNonLatin } from '../non-latin.ts'
import { readFieldParams, writeFieldsParams } from '../../../vicidial/wire.ts'
import { isError } from '../../../vicidial/reply/reply-kind.ts'
import type { Finding } from '../step.ts'
import {
  notRestored,
  notTaken,
  seen,
  shown,
  unexpected,
  unread,
  unreadable,
  unusable,
  type Value
} from './test-lead-findings.ts'

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

/** Text fields in which VICIdial keeps any letter, so that the database alone decides what is stored. */
const CHARSET_FIELDS = ['source_id', 'comments'] as const

const WRITTEN = 'check é check'
const STORED: Readonly<Record<string, NonLatin>> = { 'check  check': 0, [WRITTEN]: 1 }

const MAX_RESTORE_ATTEMPTS = 5
const RESTORE_PAUSE_MS = 1_000

/** A field that is written, with a test text. */
interface Trial extends Value {
  readonly written: string
}

/** The finding about letters, and the one about the character set. */
export interface TestLeadFinding extends Finding {
  /** About the database's character set. */
  readonly charset: Finding
}

const NO_CHARSET: Finding = {
  status: 'skipped',
  detail: "Not checked: needs the test lead's values."
}

/**
 * Checks what VICIdial stores of a letter like é, and of a text that is longer in bytes than in characters: writes them
 * to two fields of a lead, reads them, and restores the old values. Writes nothing unless the lead can be read.
 */
export async function checkTestLead(
  calls: AccountCalls,
  { lead, consent, untilDone }: TestLead,
  configured: { readonly nonLatin: NonLatin; readonly dbCharset: DbCharset }
): Promise<TestLeadFinding> {
  const read = await readFields(calls, lead, [...FIELDS, ...CHARSET_FIELDS])
  const [first] = read
  if (first !== undefined && !read.some(({ reply: { kind } }) => kind === 'other')) {
    return { ...unreadable(first.reply, lead), charset: NO_CHARSET }
  }
  const trials = [
    trialIn(FIELDS, read, () => WRITTEN),
    trialIn(CHARSET_FIELDS, read, (name) => charsetText(maxLengthOf(name)))
  ]
  const written = trials.filter((trial) => trial !== undefined)
  if (written.length === 0) return { ...unusable(lead, FIELDS), charset: unusable(lead, CHARSET_FIELDS) }
  if (!(await consent(questionOf(lead, written)))) {
    const detail = 'Nothing was written: consent was not given.'
    return { status: 'skipped', detail, charset: { status: 'skipped', detail } }
  }
  const stored = await untilDone(() => writeAndRestore(calls, lead, written))
  if (!(stored instanceof Map)) return { ...stored, charset: NO_CHARSET }
  const [letters, charset] = trials
  return {
    ...(letters
      ? lettersFinding(stored.get(letters.name), lead, letters, configured.nonLatin)
      : unusable(lead, FIELDS)),
    charset: charset
      ? charsetFinding(stored.get(charset.name), lead, charset, configured.dbCharset)
      : unusable(lead, CHARSET_FIELDS)
  }
}

async function readFields(
  calls: AccountCalls,
  lead: number,
  names: readonly string[]
): Promise<{ name: string; reply: Reply }[]> {
  const read: { name: string; reply: Reply }[] = []
  for (const name of names) read.push({ name, reply: await calls.ask(readFieldParams(lead, name)) })
  return read
}

/** The first of these fields that is empty, otherwise the first whose value VICIdial stores unchanged. */
function trialIn(
  names: readonly string[],
  read: readonly { name: string; reply: Reply }[],
  textFor: (name: string) => string
): Trial | undefined {
  const fields = read
    .filter(({ name, reply: { kind } }) => kind === 'other' && names.includes(name))
    .map(({ name, reply: { text } }) => ({ name, value: text, written: textFor(name) }))
  return (
    fields.find(({ value }) => value === '') ??
    fields.find(({ value }) => KEPT.test(value) && value !== BLANK)
  )
}

function maxLengthOf(name: string): number {
  return FIELD_BY_NAME.get(name)?.maxLength ?? 0
}

function questionOf(lead: number, trials: readonly Trial[]): string {
  const parts = trials.map(({ name, value, written }) => {
    const now = value === '' ? 'empty' : `"${value}"`
    return `${name} (now ${now}) is set to "${shown(written)}"`
  })
  return `Lead ${lead}: ${parts.join('; ')}. Then the values are read and restored. (The lead's modify date changes.)`
}

/** The replies with the stored values, by field; or why they are unknown. */
async function writeAndRestore(
  calls: AccountCalls,
  lead: number,
  trials: readonly Trial[]
): Promise<Map<string, Reply> | Finding> {
  const values = Object.fromEntries(trials.map(({ name, written }) => [name, written]))
  const { text } = await calls.ask(writeFieldsParams(lead, values))
  // VICIdial changes nothing if it replies ERROR. After any other reply, or none, it may have.
  if (isError(text)) return notTaken(lead)
  const names = trials.map(({ name }) => name)
  const read = await readFields(calls, lead, names)
  if (!(await restore(calls, lead, trials))) return notRestored(lead, trials)
  const isTaken = read.some(({ reply }, n) => reply.kind !== 'other' || reply.text !== trials[n]?.value)
  return isTaken ? new Map(read.map(({ name, reply }) => [name, reply])) : notTaken(lead)
}

function lettersFinding(
  stored: Reply | undefined,
  lead: number,
  { name }: Trial,
  configured: NonLatin
): Finding {
  if (stored?.kind !== 'other') return unread(lead, name)
  const found = STORED[stored.text]
  return found === undefined
    ? unexpected(lead, name, WRITTEN)
    : seen(lead, name, compareNonLatin(found, configured))
}

function charsetFinding(
  stored: Reply | undefined,
  lead: number,
  { name, written }: Trial,
  configured: DbCharset
): Finding {
  if (stored?.kind !== 'other') return unread(lead, name)
  const found = storedCharset(stored.text, maxLengthOf(name))
  return found === undefined
    ? unexpected(lead, name, written)
    : seen(lead, name, compareCharset(found, configured))
}

/** Restores the values and reads them to be sure, with several attempts. Returns whether they are restored. */
async function restore(calls: AccountCalls, lead: number, values: readonly Value[]): Promise<boolean> {
  const old = Object.fromEntries(values.map(({ name, value }) => [name, value === '' ? BLANK : value]))
  const names = values.map(({ name }) => name)
  for (let attempt = 1; attempt <= MAX_RESTORE_ATTEMPTS; attempt++) {
    await calls.insist(writeFieldsParams(lead, old))
    const read = await readFields(calls, lead, names)
    if (read.every(({ reply: { kind, text } }, n) => kind === 'other' && text === values[n]?.value))
      return true
    if (attempt < MAX_RESTORE_ATTEMPTS) await pause(RESTORE_PAUSE_MS)
  }
  return false
}
