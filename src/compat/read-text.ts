import type { Reading } from '../delivery/outcome.ts'
import { CUSTOM } from '../leads/changes.ts'
import { VicidialProblem } from './problem.ts'
import { type ReadCall, ROW } from './read-call.ts'

const LEAD_ID = 'lead_id'

/**
 * The response to a call that reads leads, in VICIdial's form: the values as VICIdial's database has them. What VICIdial
 * prints ambiguously, or not at all, is refused: a client would take a part of one value for another.
 * @param readings newest first; none if no lead was found
 * @throws VicidialProblem
 */
export function readText(call: ReadCall, readings: readonly Reading[], user: string): string {
  const [first] = readings
  if (first === undefined) return notFound(call, user)
  if (call.function === 'update_lead') return foundLine(call, first, user)
  const [unread] = readings.flatMap(({ lead, unread: fields }) =>
    Object.keys(fields).map((field) => `${lead}|${field}`)
  )
  if (unread !== undefined)
    throw new VicidialProblem(
      `${call.function} VALUE NOT READ - ${user}|${unread}`,
      'VICIdial does not print this value.'
    )
  if (call.function === 'lead_field_info') return fieldOf(first, call, user)
  return readings.map((reading) => lines(reading, call, user)).join('')
}

function notFound({ function: called, searched }: ReadCall, user: string): string {
  const asked = searched.join('|')
  if (called === 'update_lead')
    return `NOTICE: update_lead NO MATCHES FOUND IN THE SYSTEM: |${user}|${asked}\n`
  throw new VicidialProblem(`${called} LEAD NOT FOUND: ${user}|${asked}`, 'There is no such lead.')
}

/** VICIdial names the newest of the leads that it finds. */
function foundLine({ searched }: ReadCall, { lead, values }: Reading, user: string): string {
  const [, code = '', phone = ''] = searched
  const lists = `${values['list_id'] ?? ''}|${values['entry_list_id'] ?? ''}`
  return `NOTICE: update_lead LEADS FOUND IN THE SYSTEM: |${user}|${lead}|${code}|${phone}|${lists}\n`
}

function fieldOf({ lead, values }: Reading, { field = '', customFields }: ReadCall, user: string): string {
  if (field === LEAD_ID && !customFields) return String(lead)
  const value = values[customFields ? CUSTOM + field : field]
  if (value !== undefined) return value
  const words = `lead_field_info LIST FIELD NOT FOUND: ${user}|${lead}`
  throw new VicidialProblem(
    words,
    "The lead's list has no such custom field, or it is not listed for the gateway."
  )
}

function lines({ lead, values }: Reading, { hasHeader, separator }: ReadCall, user: string): string {
  const custom = Object.keys(values).filter((name) => name.startsWith(CUSTOM))
  const named: [name: string, value: string][] = [
    ...ROW.map((name): [string, string] => [name, values[name] ?? '']),
    [LEAD_ID, String(lead)],
    ...custom.map((name): [string, string] => [name.slice(CUSTOM.length), values[name] ?? ''])
  ]
  const shifting = named.find(([, value]) => value.includes(separator) || value.includes('\n'))
  if (shifting !== undefined) {
    const words = `lead_all_info VALUE HOLDS THE SEPARATOR - ${user}|${lead}|${shifting[0]}`
    const detail = 'Ask with stage=tab, or read the field alone with lead_field_info.'
    throw new VicidialProblem(words, detail)
  }
  const names = hasHeader ? `${named.map(([name]) => name).join(separator)}\n` : ''
  return `${names}${named.map(([, value]) => value).join(separator)}\n`
}
