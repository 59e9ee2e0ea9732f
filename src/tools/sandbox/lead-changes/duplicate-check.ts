import type { ApiCall } from '../api/api-call.ts'
import type { BuildRules } from '../api/builds.ts'
import type { Lead } from '../database/fixture.ts'
import { DatabaseError, readSqlText } from '../database/sql-text.ts'

const DAYS = /1DAY|2DAY|3DAY|7DAY|14DAY|15DAY|21DAY|28DAY|30DAY|60DAY|90DAY|180DAY|360DAY/i
/** In the order in which VICIdial looks for them; the last one counts. */
const DAY_OPTIONS = [1, 2, 3, 7, 14, 15, 21, 28, 30, 60, 90, 180, 360]

type Place = 'LIST' | 'CAMP' | 'SYS'

const PLACES: Readonly<Record<Place, string>> = { LIST: 'LIST', CAMP: 'CAMPAIGN LISTS', SYS: 'SYSTEM' }

/** A kind of duplicates, in the order in which VICIdial looks for them. */
interface Kind {
  /** Its options are this with `LIST`, `CAMP` or `SYS`. */
  readonly option: string
  readonly name: string
  /** Says whether a build has it; undefined: all do. */
  readonly rule?: keyof BuildRules
  readonly find: (call: ApiCall) => Iterable<Lead>
  /** What of the call the refusal names. */
  readonly named: (value: ApiCall['value']) => string
  /** The end of the refusal. */
  readonly end?: (lead: Lead, value: ApiCall['value']) => string
}

const KINDS: readonly Kind[] = [
  { option: 'DUP', name: 'PHONE NUMBER', find: ofPhone, named: phone },
  {
    option: 'DUPPHONEALT',
    name: 'PHONE NUMBER',
    rule: 'checksAltPhones',
    find: (call) =>
      scan(call, ({ phone_number, alt_phone }) => [phone_number, alt_phone].includes(phone(call.value))),
    named: phone,
    end: ({ phone_number }, value) => (phone_number === phone(value) ? '|PHONE' : '|ALT')
  },
  {
    option: 'DUPTITLEALTPHONE',
    name: 'TITLE ALT_PHONE',
    find: (call) => scan(call, same(call, ['title', 'alt_phone'])),
    named: (value) => `${value('title')}|${value('alt_phone')}`
  },
  {
    option: 'DUPNAMEPHONE',
    name: 'NAME PHONE',
    find: (call) => ofPhone(call).filter(same(call, ['first_name', 'last_name'])),
    named: (value) => `${value('first_name')}|${value('last_name')}|${phone(value)}`
  }
]

/**
 * Why `add_lead` refuses a duplicate, by its parameter `duplicate_check`.
 *
 * @param listId as text
 * @returns the line of the reply; undefined: it is no duplicate
 * @throws {DatabaseError} for an apostrophe in a name that is compared, or a list without a campaign
 */
export function duplicateRefusal(call: ApiCall, listId: string): string | undefined {
  const { value, tables, build } = call
  const option = value('duplicate_check').toUpperCase()
  const since = oldestEntryDate(call, option)
  const campaign = tables.campaigns.list(Number(listId))?.campaign_id
  const inPlace: Readonly<Record<Place, (lead: Lead) => boolean>> = {
    LIST: ({ list_id }) => list_id === Number(listId),
    CAMP: ({ list_id }) => tables.campaigns.list(list_id)?.campaign_id === campaign,
    SYS: () => true
  }
  for (const { option: kind, name, find, named, end, rule } of KINDS) {
    if (rule !== undefined && !build[rule]) continue
    for (const place of ['LIST', 'CAMP', 'SYS'] as const) {
      if (!option.includes(`${kind}${place}`)) continue
      if (place === 'CAMP' && campaign === undefined) throw new DatabaseError('a campaign without lists')
      const oldest = [...find(call)]
        .filter((lead) => inPlace[place](lead) && tables.leads.others(lead.lead_id).entry_date > since)
        .reduce<Lead | undefined>(
          (one, other) => (one && one.lead_id < other.lead_id ? one : other),
          undefined
        )
      if (oldest === undefined) continue
      const where = place === 'LIST' ? '' : `|${oldest.list_id}`
      const found = `${named(value)}|${listId}|${oldest.lead_id}${where}${end?.(oldest, value) ?? ''}`
      return `ERROR: add_lead DUPLICATE ${name} IN ${PLACES[place]} - ${found}`
    }
  }
  return undefined
}

/** Leads that are older don't count as duplicates. */
function oldestEntryDate({ clock }: ApiCall, option: string): string {
  if (!DAYS.test(option)) return ''
  const days = DAY_OPTIONS.findLast((count) => option.includes(`${count}DAY`)) ?? 0
  return clock.text(-days)
}

function phone(value: ApiCall['value']): string {
  return value('phone_number')
}

function ofPhone({ value, tables, connection }: ApiCall): Lead[] {
  return tables.leads.find('phone_number', [phone(value)], connection)
}

function scan({ tables }: ApiCall, matches: (lead: Lead) => boolean): Lead[] {
  return [...tables.leads.scan()].filter(matches)
}

function same(
  { value, connection }: ApiCall,
  columns: readonly ('title' | 'alt_phone' | 'first_name' | 'last_name')[]
): (lead: Lead) => boolean {
  const wanted = columns.map((column) => connection.collate(readSqlText(value(column), "'")))
  return (lead) => columns.every((column, index) => connection.collate(lead[column]) === wanted[index])
}
