import { setTimeout as pause } from 'node:timers/promises'
import { type ReadCalls, readLead } from '../../../delivery/reading/read-lead.ts'
import type { Outcome } from '../../../delivery/outcome.ts'
import { expectedOf, verifiedOutcome, verifyingRead } from '../../../delivery/reading/verification.ts'
import { type Changes, changesOf } from '../../../leads/changes.ts'
import type { Field } from '../../../leads/fields.ts'
import { BLANK } from '../../../leads/cleaning/sendable-text.ts'
import type { ServerRules } from '../../../leads/server-rules.ts'
import type { Exchanged } from '../../../vicidial/exchange/call-runner.ts'
import { readCustomFieldReply, readFieldReply } from '../../../vicidial/reply/field-reply.ts'
import { readLeadReply } from '../../../vicidial/reply/lead-reply.ts'
import { isError } from '../../../vicidial/reply/reply-kind.ts'
import type { Unclear } from '../../../vicidial/reply/reply.ts'
import { type Params, readFieldParams, readLeadParams, writeFieldsParams } from '../../../vicidial/wire.ts'
import type { AccountCalls } from '../../account/account-calls.ts'
import type { Finding } from '../step.ts'
import type { TestLead } from './test-lead.ts'

/** Text fields by which VICIdial neither dials nor chooses leads. */
const FIELDS: ReadonlySet<string> = new Set([
  ...[
    'vendor_lead_code',
    'source_id',
    'title',
    'first_name',
    'middle_initial',
    'last_name',
    'address1',
    'address2'
  ],
  ...[
    'address3',
    'city',
    'state',
    'province',
    'postal_code',
    'country_code',
    'email',
    'security_phrase',
    'comments'
  ]
])
/** A value that VICIdial stores unchanged in each of these fields. */
const KEPT = /^[0-9A-Za-z](?:[-0-9A-Za-z ]*[0-9A-Za-z])?$/
/** Characters to try, among letters: those that a field does not keep are left out. */
const SAMPLES = [..."'-._:/@%&!?()*+,=<>|é€łЖ日 ".split(''), '\n']
const MAX_RESTORE_ATTEMPTS = 5
const RESTORE_PAUSE_MS = 1_000
const MAX_LISTED = 5

/** A value as it was, with the value that is written for a moment. */
interface Trial {
  readonly field: Field
  readonly was: string
  readonly send: string
  readonly stored: string
}

/**
 * Checks that VICIdial stores what the gateway says that it will store: writes to each text field of the test lead as many
 * characters as it holds, of all kinds that it keeps, reads them by the same comparison that `verify` makes, and
 * restores the values. Fields whose value could not be restored exactly are left out.
 */
export async function checkStoredValues(
  calls: AccountCalls,
  { lead, consent, untilDone }: TestLead,
  rules: ServerRules
): Promise<Finding> {
  const fields = rules.fields.filter(({ name }) => FIELDS.has(name))
  const names = fields.map(({ name }) => name)
  const read = await readLead(lead, { fields: names, customFields: [] }, readCallsOf(calls, lead))
  if ('outcome' in read) {
    const detail = `Nothing was written, because lead ${lead} cannot be read: ${read.outcome.error?.detail ?? ''}`
    const remedy = 'Permit lead_all_info and lead_field_info, with View Reports set to 1, and run this again.'
    return { status: 'fault', detail, remedy }
  }
  const trials = fields.flatMap((field) => trialOf(field, read.reading.values[field.name], rules))
  if (trials.length === 0)
    return { status: 'skipped', detail: `No text of lead ${lead} could be restored exactly.` }
  const question = `Lead ${lead}: ${trials.map(({ field }) => field.name).join(', ')} are set to test texts, read and restored.`
  if (!(await consent(question)))
    return { status: 'skipped', detail: 'Nothing was written: consent was not given.' }
  return untilDone(() => compare(calls, lead, trials))
}

async function compare(calls: AccountCalls, lead: number, trials: readonly Trial[]): Promise<Finding> {
  const changes = changesFor(trials, ({ send, stored }) => ({ send, stored }))
  const { text } = await calls.ask(writeFieldsParams(lead, changes.params))
  if (isError(text)) {
    return {
      status: 'fault',
      detail: `VICIdial did not change lead ${lead}.`,
      remedy: 'Use a lead of an allowed list.'
    }
  }
  const compared = await compareWith(calls, lead, changes)
  const old = changesFor(trials, ({ was }) => ({ send: was === '' ? BLANK : was, stored: was }))
  if (!(await restore(calls, lead, old))) {
    const was = trials.map(
      ({ field, was: value }) => `${field.name} was ${value === '' ? 'empty' : `"${value}"`}`
    )
    return {
      status: 'fault',
      detail: `Lead ${lead} may be changed, and could not be confirmed as restored.`,
      remedy: `Open it in VICIdial and set it to what it was: ${was.join('; ')}.`
    }
  }
  return findingOf(compared, lead, trials.length)
}

function findingOf({ verified, warnings }: Outcome, lead: number, fields: number): Finding {
  const restored = `Lead ${lead} has its old values again.`
  if (verified === true)
    return {
      status: 'ok',
      detail: `VICIdial stores what the gateway expects, in ${fields} fields. ${restored}`
    }
  const each = warnings.map(({ field, code, expected = '', found = '', detail = '' }) =>
    code === 'stored_differs'
      ? `${field} holds "${found}" instead of "${expected}"`
      : `${field} could not be read: ${detail}`
  )
  const more = each.length > MAX_LISTED ? `; and ${each.length - MAX_LISTED} more` : ''
  return {
    status: warnings.some(({ code }) => code === 'stored_differs') ? 'fault' : 'warning',
    detail: `VICIdial does not store what the gateway expects: ${each.slice(0, MAX_LISTED).join('; ')}${more}. ${restored}`,
    remedy:
      'Check VICIDIAL_NON_LATIN and VICIDIAL_DB_CHARSET. If they are right, this VICIdial differs from those that were measured: use verify.'
  }
}

/** A text of the field's full length, with every character that VICIdial keeps in it; none if it could not be restored. */
function trialOf(field: Field, was: string | undefined, { clean, text }: ServerRules): Trial[] {
  if (was === undefined || !isRestorable(field, was, clean)) return []
  const isKept = (value: string) => {
    const cleaned = clean(field, value)
    return !('code' in cleaned) && cleaned.warnings.length === 0
  }
  const kept = SAMPLES.filter((sample) => field.maxLength < 3 || isKept(`a${sample}a`))
  let value = ''
  for (let index = 0; ; index++) {
    const next = `${value}${kept[index % Math.max(1, kept.length)] ?? ''}a`
    const cleaned = clean(field, next)
    if ('code' in cleaned || text.lengthOf(cleaned.stored) > field.maxLength) break
    value = next
  }
  const cleaned = clean(field, value === '' ? 'a' : value)
  return 'code' in cleaned ? [] : [{ field, was, send: cleaned.send, stored: cleaned.stored }]
}

/** Whether VICIdial would store a value again as it was. */
function isRestorable(field: Field, was: string, clean: ServerRules['clean']): boolean {
  if (was === '') return field.clearable
  const cleaned = clean(field, was)
  return KEPT.test(was) && was !== BLANK && !('code' in cleaned) && cleaned.stored === was
}

function changesFor(
  trials: readonly Trial[],
  valueOf: (trial: Trial) => { readonly send: string; readonly stored: string }
): Changes {
  const params: Record<string, string> = {}
  const stored: Record<string, string> = {}
  for (const trial of trials) {
    const { send, stored: kept } = valueOf(trial)
    params[trial.field.parameter] = send
    stored[trial.field.name] = kept
  }
  return changesOf('batch_update_lead', params, stored, [])
}

async function compareWith(calls: AccountCalls, lead: number, changes: Changes): Promise<Outcome> {
  const updated: Outcome = { status: 'updated', warnings: [] }
  const expected = expectedOf(changes)
  const end = await readLead(lead, verifyingRead(expected), readCallsOf(calls, lead))
  return verifiedOutcome(updated, expected, end)
}

async function restore(calls: AccountCalls, lead: number, old: Changes): Promise<boolean> {
  for (let attempt = 1; attempt <= MAX_RESTORE_ATTEMPTS; attempt++) {
    await calls.insist(writeFieldsParams(lead, old.params))
    if ((await compareWith(calls, lead, old)).verified === true) return true
    if (attempt < MAX_RESTORE_ATTEMPTS) await pause(RESTORE_PAUSE_MS)
  }
  return false
}

const UNHEARD: Unclear = { kind: 'unclear', detail: 'VICIdial did not answer.' }

function readCallsOf(calls: AccountCalls, lead: number): ReadCalls {
  const ask = async <Reply>(
    params: Params,
    read: (httpStatus: number, text: string) => Reply
  ): Promise<Exchanged<Reply | Unclear>> => {
    const { httpStatus, text } = await calls.ask(params)
    return { reply: httpStatus === undefined ? UNHEARD : read(httpStatus, text), maybeMade: false }
  }
  return {
    lead: (hasCustom) =>
      ask(readLeadParams(lead, hasCustom), (status, text) => readLeadReply(status, text, lead)),
    id: () => ask(readFieldParams(lead, 'lead_id'), readFieldReply),
    field: (name, isCustom) =>
      ask(readFieldParams(lead, name, isCustom), isCustom ? readCustomFieldReply : readFieldReply),
    labels: async () => undefined
  }
}
