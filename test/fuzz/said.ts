import type { Params } from './raw-vicidial.ts'

/** What a reply says about a call's leads, read as strictly as can be and by no code of the gateway. */
export interface Said {
  readonly updated: ReadonlySet<number>
  /** The leads that it says are in the hopper, and the numbers that it says must not be called. */
  readonly listed?: ReadonlySet<number>
  /** What it says was done with the callbacks of a lead, as `7 added`. */
  readonly callbacks?: ReadonlySet<string>
  readonly missing: ReadonlySet<number>
  /** The leads of each key. */
  readonly found: ReadonlyMap<string, readonly number[]>
}

const ID = /^[1-9]\d{0,8}$/
const NOTHING: ReadonlySet<number> = new Set()

/** @param text the whole body */
export function said(call: Params, text: string): Said {
  const lines = text
    .split('\n')
    .slice(0, -1)
    .map((line) => line.trimEnd())
  const { function: name = '' } = call
  if (name === 'lead_search') return saidOfKeys(call, lines)
  if (name === 'hopper_bulk_insert' || name === 'add_dnc_phone') return saidOfActions(name, lines)
  if (call['callback'] !== undefined) return saidOfCallbacks(call, lines)
  const asked = (call['lead_ids'] ?? call['lead_id'] ?? '').split(',').map(Number)
  const updated = new Set<number>()
  for (const line of lines) {
    const ids = idsOf(name, line)
    if (ids === undefined) continue
    if (ids.length === 0 || ids.some((id) => !asked.includes(id)))
      return { updated: NOTHING, missing: NOTHING, found: new Map() }
    for (const id of ids) updated.add(id)
  }
  const isMissing = lines.some((line) => saysMissing(name, line, asked))
  const missing = updated.size > 0 || isMissing ? asked.filter((id) => !updated.has(id)) : []
  return { updated, missing: new Set(missing), found: new Map() }
}

/** The leads that a line says were updated; empty if it says so of none that can be; undefined if it says nothing. */
function idsOf(name: string, line: string): number[] | undefined {
  const [words = '', ...values] = line.split('|')
  const isCustom = line.startsWith(`NOTICE: ${name} CUSTOM FIELDS VALUES UPDATED`)
  if (!isCustom && !/^SUCCESS: .*$/.test(line)) return undefined
  if (!isCustom && !words.startsWith(`SUCCESS: ${name} `)) return []
  const list = name === 'update_lead' ? values[0] : values.at(-1)
  const texts = (list ?? '').split(',')
  const isCounted = name === 'update_lead' || values.length === 2 || values[1] === String(texts.length)
  const isSound = isCounted && new Set(texts).size === texts.length && texts.every((id) => ID.test(id))
  return isSound ? texts.map(Number) : []
}

/** As a notice too, and in the words of servers that read `leads_data`, which name no function. */
function saysMissing(name: string, line: string, asked: readonly number[]): boolean {
  const [words = '', ...values] = line.split('|')
  const isMissing = ['ERROR', 'NOTICE'].some((type) => words.startsWith(`${type}: ${name} NO `))
  if (!isMissing && !/^ERROR: LEAD NOT FOUND/.test(words)) return false
  const named = (values[1] ?? '').split(',').filter((id) => id !== '')
  return named.every((id) => asked.includes(Number(id)))
}

function saidOfCallbacks(call: Params, lines: readonly string[]): Said {
  const { function: name = '', lead_id: id = '' } = call
  const callbacks = new Set<string>()
  for (const line of lines) {
    const [, booked, ofBooked] =
      /^NOTICE: update_lead SCHEDULED CALLBACK (ADDED|UPDATED) - ([^|]*)\|/.exec(line) ?? []
    if (booked !== undefined) callbacks.add(`${ofBooked} ${booked.toLowerCase()}`)
    const [, ofRemoved, rows] =
      /^NOTICE: update_lead SCHEDULED CALLBACK DELETED - [^|]*\|([^|]*)\|([^|]*)/.exec(line) ?? []
    if (ofRemoved !== undefined) callbacks.add(`${ofRemoved} ${rows === '0' ? 'not_there' : 'removed'}`)
  }
  const lead = Number(id)
  const isMissing = lines.some((line) => saysMissing(name, line, [lead]))
  return { updated: NOTHING, callbacks, missing: isMissing ? new Set([lead]) : NOTHING, found: new Map() }
}

function saidOfActions(name: string, lines: readonly string[]): Said {
  const line =
    name === 'add_dnc_phone'
      ? /^(?:SUCCESS: add_dnc_phone DNC NUMBER HAS BEEN ADDED - |ERROR: add_dnc_phone DNC NUMBER ALREADY EXISTS: \|)[^|]*\|([^|]*)\|/
      : /^NOTICE: hopper_bulk_insert (?:LEAD ADDED TO HOPPER - [^|]*\||NOT ADDED TO HOPPER, LEAD IS ALREADY IN THE HOPPER - )([^|]*)/
  const listed = lines.map((text) => line.exec(text)?.[1] ?? '').filter((id) => /^[1-9]\d{0,9}$/.test(id))
  return { updated: NOTHING, listed: new Set(listed.map(Number)), missing: NOTHING, found: new Map() }
}

function saidOfKeys(call: Params, lines: readonly string[]): Said {
  const keys = (call['vendor_lead_code'] ?? call['phone_number'] ?? '').split(',')
  const found = new Map<string, number[]>()
  for (const line of lines) {
    const [key = '', count = '', list = ''] = line.split('|')
    const ids = list === '' ? [] : list.split('-')
    if (!keys.includes(key) || count !== String(ids.length) || !ids.every((id) => ID.test(id))) continue
    found.set(key, ids.map(Number))
  }
  const isNone = lines.some(
    (line) => line.startsWith('ERROR: lead_search NO MATCHES') && keys.some((key) => line.includes(key))
  )
  if (isNone) for (const key of keys) if (!found.has(key)) found.set(key, [])
  return { updated: NOTHING, missing: NOTHING, found }
}
