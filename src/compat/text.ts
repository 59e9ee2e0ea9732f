import type { Result } from '../../schemas/batch.ts'
import { ERRORS, type FieldError, type Problem } from '../errors.ts'
import type { CompatCall } from './call.ts'
import { VicidialProblem } from './words.ts'

/** What of a call its answer has in it. */
export interface Asked {
  readonly user: string
  /** The function as it was asked for; empty if none was. */
  readonly function: string
  /** Undefined if it could not be read. */
  readonly call: CompatCall | undefined
}

/** Would read as a line, a part or a tag of its own. */
const MARKUP = /[|<>\p{Cc}]/gu
const LINE_ENDS_AND_TAGS = /[<>\p{Cc}]/gu
const LONGEST_FUNCTION = 40

/** A function's name as VICIdial keeps it. */
export function functionName(text: string): string {
  return text.replaceAll(/[^-_0-9A-Za-z]/g, '').slice(0, LONGEST_FUNCTION)
}

/**
 * Answers in VICIdial's form: a line for what was done, one for each thing that was not, and notices.
 * @param results one for each update of the call's request
 */
export function resultLines(results: readonly Result[], asked: Asked): string[] {
  const updated = results.filter(({ status }) => status === 'updated')
  const missing = results.filter(({ status }) => status === 'not_found')
  const others = results.filter(({ status }) => status !== 'updated' && status !== 'not_found')
  return [
    ...successLines(updated, asked),
    ...groups(others, (result) => refusedLine(result, asked)),
    // VICIdial says nothing of them if it found others; a client that looks for ERROR must not think that all failed.
    ...(missing.length > 0 ? [missingLine(missing, asked, updated.length > 0 ? 'NOTICE' : 'ERROR')] : []),
    ...warningLines(updated, asked)
  ]
}

function successLines(updated: readonly Result[], { user, function: called }: Asked): string[] {
  const ids = [...new Set(updated.flatMap(idsOf))].sort((one, other) => other - one)
  if (ids.length === 0) return []
  if (called === 'update_lead')
    return ids.map((id) => `SUCCESS: update_lead LEAD HAS BEEN UPDATED - ${user}|${id}|1|||`)
  // How many rows differed VICIdial tells for a whole call, in which other requests may have a part.
  const counts = `${ids.length}|${ids.length}|${ids.join(',')}`
  return [`SUCCESS: batch_update_lead LEADS HAVE BEEN UPDATED - ${user}|${counts}`]
}

function idsOf({ lead_id, lead_ids }: Result): number[] {
  return lead_ids ?? (lead_id === undefined ? [] : [lead_id])
}

function missingLine(missing: readonly Result[], { user, call }: Asked, level: 'NOTICE' | 'ERROR'): string {
  const ids = [...new Set(missing.flatMap(idsOf))].join(',')
  if (call?.form === 'leads_data') return `${level}: LEAD NOT FOUND: |${user}|${ids}`
  const what = 'NO MATCHES FOUND IN THE SYSTEM'
  if (call?.form !== 'search') return `${level}: batch_update_lead ${what}: |${user}|${ids}`
  const [{ vendor_lead_code = '', phone_number = '' } = {}] = missing
  return `${level}: update_lead ${what}: |${user}|${ids}|${plain(vendor_lead_code)}|${phone_number}`
}

/** A line for many results: its beginning, which they share, and its end, around their leads. */
interface Shared {
  readonly before: string
  readonly after: string
}

/** One line for all results of which the same is to be said; it names their leads. */
function groups(results: readonly Result[], lineOf: (result: Result) => Shared): string[] {
  const leads = new Map<string, Shared & { readonly names: string[] }>()
  for (const result of results) {
    const line = lineOf(result)
    const key = `${line.before}\n${line.after}`
    const known = leads.get(key) ?? { ...line, names: [] }
    known.names.push(nameOf(result))
    leads.set(key, known)
  }
  return [...leads.values()].map(({ before, names, after }) => `${before}|${names.join(',')}${after}`)
}

/** The lead as the call names it, or its place in the call, from 0. */
function nameOf({ index, lead_id, vendor_lead_code, phone_number }: Result): string {
  const key = lead_id ?? vendor_lead_code ?? phone_number
  return key === undefined ? `#${index}` : plain(String(key))
}

/** What is said of a result, but for its leads. VICIdial's words come first where it has some. */
function refusedLine({ index, status, error }: Result, { user, function: called, call }: Asked): Shared {
  const { code = 'upstream_error', field = '', detail = '', lead_ids: matches = [] } = error ?? {}
  const list = plain(listOf(call, index))
  const because = `|${code}|${field}|${plain(detail)}`
  const words = {
    list_not_found: 'NOT A DEFINED LIST ID, LIST EXISTS CHECK ENABLED',
    list_not_allowed: 'NOT AN ALLOWED LIST ID'
  }[code]
  if (words !== undefined) return { before: `ERROR: ${called} ${words} - ${user}|${list}`, after: because }
  if (status === 'ambiguous')
    return { before: `ERROR: ${called} SEVERAL LEADS MATCH - ${user}|${matches.join(',')}`, after: because }
  const what = status === 'unknown' ? 'LEADS PERHAPS NOT UPDATED' : 'LEADS NOT UPDATED'
  return { before: `ERROR: ${called} ${what} - ${user}`, after: because }
}

/** The list that an update would move its lead to, as the call has it. */
function listOf(call: CompatCall | undefined, index: number): string {
  const wishes = call && ('updates' in call.request ? call.request.updates[index] : call.request)
  const list = (wishes as { fields?: Record<string, unknown> } | undefined)?.fields?.['list_id']
  return typeof list === 'string' || typeof list === 'number' ? String(list) : ''
}

function warningLines(updated: readonly Result[], { user, function: called }: Asked): string[] {
  const each = updated.flatMap((result) =>
    (result.warnings ?? []).map((warning) => ({ ...result, warnings: [warning] }))
  )
  return groups(each, ({ warnings: [warning] = [] }) => ({
    before: `NOTICE: ${called} VALUE STORED OTHERWISE - ${user}`,
    after: `|${warning?.code}|${plain(warning?.field ?? '')}|${plain(warning?.stored ?? '')}`
  }))
}

/** Answers a refused call in VICIdial's form: its own words where it has some, then what is wrong, for people. */
export function problemLines(problem: Problem, asked: Asked): string[] {
  const { results } = problem.extra as { results?: readonly Result[] }
  if (results !== undefined) return resultLines(results, asked)
  const { errors = [] } = problem.extra as { errors?: readonly FieldError[] }
  const details = new Set([problem.message, ...errors.map(({ detail }) => detail)])
  return [
    `ERROR: ${wordsOf(problem, asked).replaceAll(LINE_ENDS_AND_TAGS, '?')}`,
    ...[...details].map((detail) => `NOTICE: ${plain(detail)}`)
  ]
}

function wordsOf(problem: Problem, { user, function: called }: Asked): string {
  if (problem instanceof VicidialProblem) return problem.words
  switch (problem.code) {
    case 'unauthenticated':
      // VICIdial gives user and password back. Nothing of either is: they may have been mixed up.
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
