import type { Result } from '../../schemas/batch.ts'
import { ERRORS, type FieldError, type Problem } from '../errors.ts'
import type { CompatCall } from './compat-call.ts'
import { VicidialProblem } from './problem.ts'

/** The parts of a call that its response repeats. */
export interface CallSummary {
  readonly user: string
  /** The function that was called; empty if the call names none. */
  readonly function: string
  /** Undefined if the call could not be read. */
  readonly call: CompatCall | undefined
}

/** Characters that would start another line, part or tag. */
const MARKUP = /[|<>\p{Cc}]/gu
const LINE_ENDS_AND_TAGS = /[<>\p{Cc}]/gu
/** Separates the parts of a line. No part contains it, as a value's pipes are replaced. */
const BETWEEN_PARTS = ' || '
const LONGEST_FUNCTION = 40

/** A function's name as VICIdial stores it. */
export function functionName(text: string): string {
  return text.replaceAll(/[^-_0-9A-Za-z]/g, '').slice(0, LONGEST_FUNCTION)
}

/**
 * The response in VICIdial's form. Clients judge it by its first line, by each line, or by words anywhere in the text, and
 * some take any text of several lines for a success. So either no lead failed, and there is a line for the updated ones
 * and notices; or it is one line of error, which also names the leads that were updated.
 * @param results one for each update of the call's requests
 */
export function resultLines(results: readonly Result[], summary: CallSummary): string[] {
  const updated = results.filter(({ status }) => status === 'updated')
  const added = results.filter(({ status }) => status === 'added')
  const made = [...updated, ...added]
  const missing = results.filter(({ status }) => status === 'not_found')
  const others = results.filter((result) => !made.includes(result) && !missing.includes(result))
  const notices = [
    ...(missing.length > 0 ? [missingPart(missing, summary)] : []),
    ...(updated.length > 0 ? keptPhonePart(summary) : []),
    ...warningParts(made, summary)
  ]
  // VICIdial too succeeds if it found some of the leads, and doesn't report the others.
  if (others.length === 0 && made.length > 0)
    return successLines([
      ...successParts(updated, summary),
      ...addedParts(added, summary),
      ...notices.map((notice) => `NOTICE: ${notice}`)
    ])
  const failures = groupedParts(others, (result) => refusedPart(result, summary))
  return [errorLine([...failures, ...notices, ...updatedPart(updated, summary)])]
}

/** Lines of a success. A client must not find an error in what they echo. */
function successLines(lines: readonly string[]): string[] {
  return lines.map((line) => hide(line, /error/gi))
}

/** The line of a failure. A client must not find a success in what it echoes; some take a notice for one. */
function errorLine(parts: readonly string[]): string {
  return `ERROR: ${hide(parts.join(BETWEEN_PARTS), /success|notice/gi)}`
}

function hide(text: string, words: RegExp): string {
  return text.replaceAll(words, (word) => `?${word.slice(1)}`)
}

/** VICIdial says first that no lead had the key, except for `add_lead`. The time offset that it found is not known. */
function addedParts(added: readonly Result[], summary: CallSummary): string[] {
  const { user, function: called, call } = summary
  const { phone = '', list = '' } = call?.added ?? {}
  return added.flatMap((result) => [
    ...(called === 'update_lead' ? [`NOTICE: ${missingPart([result], summary)}`] : []),
    `SUCCESS: ${called} LEAD HAS BEEN ADDED - ${plain(phone)}|${plain(list)}|${result.lead_id}||${user}`
  ])
}

function successParts(updated: readonly Result[], { user, function: called }: CallSummary): string[] {
  const ids = updatedIds(updated)
  if (ids.length === 0) return []
  if (called === 'update_lead')
    return ids.map((id) => `SUCCESS: update_lead LEAD HAS BEEN UPDATED - ${user}|${id}|1|||`)
  // VICIdial counts changed rows for a whole call, which may have leads of other requests too.
  const counts = `${ids.length}|${ids.length}|${ids.join(',')}`
  return [`SUCCESS: batch_update_lead LEADS HAVE BEEN UPDATED - ${user}|${counts}`]
}

/** The updated leads of a call in which others failed. */
function updatedPart(updated: readonly Result[], { user, function: called }: CallSummary): string[] {
  const ids = updatedIds(updated)
  return ids.length === 0 ? [] : [`${called} OTHERS UPDATED - ${user}|${ids.length}|${ids.join(',')}`]
}

function updatedIds(updated: readonly Result[]): number[] {
  return [...new Set(updated.flatMap(idsOf))].sort((one, other) => other - one)
}

function idsOf({ lead_id, lead_ids }: Result): number[] {
  return lead_ids ?? (lead_id === undefined ? [] : [lead_id])
}

function missingPart(missing: readonly Result[], { user, call }: CallSummary): string {
  const ids = [...new Set(missing.flatMap(idsOf))].join(',')
  if (call?.form === 'leads_data') return `LEAD NOT FOUND: |${user}|${ids}`
  const what = 'NO MATCHES FOUND IN THE SYSTEM'
  if (call?.form !== 'search') return `batch_update_lead ${what}: |${user}|${ids}`
  return `update_lead ${what}: |${user}|${(call.searched ?? []).map(plain).join('|')}`
}

/** That VICIdial, and so the gateway, leaves the phone number of a call alone. */
function keptPhonePart({ user, function: called, call }: CallSummary): string[] {
  if (call?.keepsPhone !== true) return []
  return [`${called} PHONE NUMBER NOT CHANGED WITHOUT update_phone_number=Y - ${user}`]
}

/** A part of the response about several results, without their leads: the text before and after them. */
interface SharedPart {
  readonly before: string
  readonly after: string
}

/** One part for all results with the same text. It lists their leads. */
function groupedParts(results: readonly Result[], partOf: (result: Result) => SharedPart): string[] {
  const leads = new Map<string, SharedPart & { readonly names: string[] }>()
  for (const result of results) {
    const part = partOf(result)
    const key = `${part.before}\n${part.after}`
    const known = leads.get(key) ?? { ...part, names: [] }
    known.names.push(nameOf(result))
    leads.set(key, known)
  }
  return [...leads.values()].map(({ before, names, after }) => `${before}|${names.join(',')}${after}`)
}

/** The lead as the call identifies it, or its index in the call, from 0. */
function nameOf({ index, lead_id, vendor_lead_code, phone_number }: Result): string {
  const key = lead_id ?? vendor_lead_code ?? phone_number
  return key === undefined ? `#${index}` : plain(String(key))
}

/** The part for a failed result, without its leads. It starts with VICIdial's words where VICIdial has some. */
function refusedPart(
  { index, status, error }: Result,
  { user, function: called, call }: CallSummary
): SharedPart {
  const { code = 'upstream_error', field = '', detail = '' } = error ?? {}
  const list = plain(listOf(call, index))
  const because = `|${code}|${field}|${plain(detail)}`
  if (code === 'lead_exists') {
    const { phone = '', list: addedTo = '' } = call?.added ?? {}
    const what = call?.newLead?.['vendor_lead_code'] === undefined ? 'PHONE NUMBER' : 'VENDOR LEAD CODE'
    const found = error?.lead_ids?.join(',') ?? ''
    return {
      before: `${called} DUPLICATE ${what} IN SYSTEM - ${plain(phone)}|${plain(addedTo)}|${found}`,
      after: because
    }
  }
  const words = {
    list_not_found: 'NOT A DEFINED LIST ID, LIST EXISTS CHECK ENABLED',
    list_not_allowed: 'NOT AN ALLOWED LIST ID'
  }[code]
  if (words !== undefined) return { before: `${called} ${words} - ${user}|${list}`, after: because }
  const did = called === 'add_lead' ? 'ADDED' : 'UPDATED'
  const what = status === 'unknown' ? `LEADS PERHAPS NOT ${did}` : `LEADS NOT ${did}`
  return { before: `${called} ${what} - ${user}`, after: because }
}

/** The list that an update would move its lead to, as the call gives it. */
function listOf(call: CompatCall | undefined, index: number): string {
  if (call?.added !== undefined) return call.added.list
  const [request] = call?.requests ?? []
  const changes = request && ('updates' in request ? request.updates[index] : request)
  const list = (changes as { fields?: Record<string, unknown> } | undefined)?.fields?.['list_id']
  return typeof list === 'string' || typeof list === 'number' ? String(list) : ''
}

function warningParts(updated: readonly Result[], { user, function: called }: CallSummary): string[] {
  const each = updated.flatMap((result) =>
    (result.warnings ?? []).map((warning) => ({ ...result, warnings: [warning] }))
  )
  return groupedParts(each, ({ warnings: [warning] = [] }) => ({
    before: `${called} ${warning?.stored === undefined ? 'VALUE NOT STORED' : 'VALUE STORED OTHERWISE'} - ${user}`,
    after: `|${warning?.code}|${plain(warning?.field ?? '')}|${plain(warning?.stored ?? warning?.refusal ?? '')}`
  }))
}

/** The response to a refused call in VICIdial's form: VICIdial's words where it has some, then the details for people. */
export function problemLines(problem: Problem, summary: CallSummary): string[] {
  const { results } = problem.extra as { results?: readonly Result[] }
  if (results !== undefined) return resultLines(results, summary)
  const { errors = [] } = problem.extra as { errors?: readonly FieldError[] }
  const details = new Set([problem.message, ...errors.map(({ detail }) => detail)])
  const words = wordsOf(problem, summary).replaceAll(LINE_ENDS_AND_TAGS, '?')
  return [errorLine([`${words}|${[...details].map(plain).join(BETWEEN_PARTS)}`])]
}

function wordsOf(problem: Problem, { user, function: called }: CallSummary): string {
  if (problem instanceof VicidialProblem) return problem.words
  switch (problem.code) {
    case 'unauthenticated':
      // VICIdial repeats user and password here. The gateway doesn't: they could be swapped.
      return 'Login incorrect, please try again: |||BAD|'
    case 'permission_denied':
      return `auth USER DOES NOT HAVE PERMISSION TO USE THIS FUNCTION: |${user}|${called}|`
    case 'invalid_json':
      return 'INVALID JSON FORMAT'
    default:
      return `${called} ${ERRORS[problem.code].title.toUpperCase()} - ${user}|${problem.code}`.trimStart()
  }
}

function plain(text: string): string {
  return text.replaceAll(MARKUP, '?')
}

/**
 * The response to `version`, which needs no login: that this is the gateway, and its clock in UTC.
 * @param now milliseconds since the epoch
 */
export function versionLine(now: number): string {
  const date = new Date(now).toISOString().slice(0, 19).replace('T', ' ')
  const epoch = Math.floor(now / 1_000)
  return `VERSION: vicidial-gateway|BUILD: vicidial-gateway|DATE: ${date}|EPOCH: ${epoch}|DST: 0|TZ: 0|TZNOW: 0|\n`
}
