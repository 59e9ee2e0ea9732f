import { readListedCustomFields } from '../../src/vicidial/reply/listed-custom-fields.ts'

/** A VICIdial server and the account to use there. */
export interface Server {
  readonly url: URL
  readonly user: string
  readonly pass: string
}

/** Calls VICIdial's API as the gateway's account; resolves with its answer, without the password. */
async function ask(server: Server, params: Record<string, string>): Promise<string> {
  const login = { source: 'gatewaytest', user: server.user, pass: server.pass }
  const body = new URLSearchParams({ ...login, ...params, records: '1' })
  const response = await fetch(server.url, { method: 'POST', body })
  const text = await response.text()
  return text.replaceAll(server.pass, '***')
}

/** VICIdial's build, from `version`. */
export async function buildOf(server: Server): Promise<string> {
  const build = /BUILD: (\d{6}-\d{4})/.exec(await ask(server, { function: 'version' }))?.[1]
  if (build === undefined) throw new Error('version names no build')
  return build
}

/** Adds a test lead; returns its id. */
export async function addLead(
  server: Server,
  listId: number,
  vendorLeadCode: string,
  phone: string
): Promise<number> {
  const names = { first_name: 'Gateway', last_name: 'Test', vendor_lead_code: vendorLeadCode }
  const list = { list_id: String(listId), phone_number: phone, phone_code: '1' }
  const reply = await ask(server, { function: 'add_lead', ...list, ...names })
  const lead = /LEAD HAS BEEN ADDED - \d+\|\d+\|(\d+)\|/.exec(reply)?.[1]
  if (lead === undefined) throw new Error(`add_lead answered: ${reply}`)
  return Number(lead)
}

/** Reads a column of a lead back. VICIdial answers with HTTP 500 after a value with an apostrophe; the value is right. */
export async function storedValue(server: Server, lead: number, column: string): Promise<string> {
  const reply = await ask(server, { function: 'lead_field_info', lead_id: String(lead), field_name: column })
  if (reply.startsWith('ERROR: ')) throw new Error(`lead_field_info answered: ${reply}`)
  return reply.replace(/\n$/, '')
}

/** Reads a custom field back. Some custom field of the lead must have been set before. */
export async function storedCustomValue(server: Server, lead: number, label: string): Promise<string> {
  const field = { lead_id: String(lead), field_name: label, custom_fields: 'Y' }
  const reply = await ask(server, { function: 'lead_field_info', ...field })
  if (reply.startsWith('ERROR: ')) throw new Error(`lead_field_info answered: ${reply}`)
  return reply.replace(/\n$/, '')
}

/** Sets a custom field without the gateway. */
export async function setCustomValue(
  server: Server,
  lead: number,
  label: string,
  value: string
): Promise<void> {
  const field = { lead_id: String(lead), custom_fields: 'Y', [label]: value }
  const reply = await ask(server, { function: 'update_lead', ...field })
  if (!reply.includes('CUSTOM FIELDS VALUES')) throw new Error(`update_lead answered: ${reply}`)
}

/** The labels of a list's custom fields; none if VICIdial doesn't list them. */
export async function customLabels(server: Server, listId: number): Promise<readonly string[]> {
  const list = { list_id: String(listId), stage: 'tab', header: 'NO' }
  const reply = await ask(server, { function: 'list_custom_fields', ...list })
  return readListedCustomFields(reply)[0]?.labels ?? []
}

/**
 * Reads a lead's columns in one call. Returns undefined if the reply is unusable: an apostrophe in the lead empties it
 * (PHP 8.1 and later), and a line end in a value breaks its format.
 */
export async function storedRow(
  server: Server,
  lead: number,
  withCustomFields: boolean
): Promise<Record<string, string> | undefined> {
  const custom = withCustomFields ? { custom_fields: 'Y' } : {}
  const call = { function: 'lead_all_info', lead_id: String(lead), header: 'YES', stage: 'tab', ...custom }
  const reply = await ask(server, call)
  if (reply.startsWith('ERROR: ')) throw new Error(`lead_all_info answered: ${reply}`)
  const lines = reply.replace(/\n$/, '').split('\n')
  const [names, values] = lines.map((line) => line.split('\t'))
  if (lines.length !== 2 || names === undefined || values?.length !== names.length) return undefined
  return Object.fromEntries(names.map((name, n) => [name, values[n] ?? '']))
}

/** The campaign of a list; undefined if VICIdial does not say. */
export async function campaignOf(server: Server, listId: number): Promise<string | undefined> {
  const list = { list_id: String(listId), stage: 'tab', header: 'NO' }
  const reply = await ask(server, { function: 'list_info', ...list })
  return reply.split('\t')[2]
}

/** The priority of a lead in the hopper; undefined if it is not there. */
export async function hopperPriority(
  server: Server,
  campaign: string,
  lead: number
): Promise<string | undefined> {
  const call = { function: 'hopper_list', campaign_id: campaign, stage: 'tab', header: 'NO' }
  const reply = await ask(server, call)
  if (reply.startsWith('ERROR: ') && !reply.includes('THERE ARE NO LEADS IN THE HOPPER'))
    throw new Error(`hopper_list answered: ${reply}`)
  const rows = reply.split('\n').map((line) => line.split('\t'))
  return rows.find(([, , id]) => id === String(lead))?.[1]
}

/** The callbacks of a lead. */
export async function storedCallbacks(server: Server, lead: number): Promise<Record<string, string>[]> {
  const call = { function: 'lead_callback_info', lead_id: String(lead), header: 'YES', stage: 'tab' }
  const reply = await ask(server, call)
  if (reply.includes('CALLBACK NOT FOUND')) return []
  if (!reply.startsWith('lead_id\t')) throw new Error(`lead_callback_info answered: ${reply}`)
  const [names = [], ...rows] = reply
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => line.split('\t'))
  return rows.map((values) => Object.fromEntries(names.map((name, n) => [name, values[n] ?? ''])))
}

/** Takes a lead out of the hopper, and removes its callbacks. */
export async function leaveQueues(server: Server, lead: number): Promise<void> {
  const leave = { no_update: 'Y', remove_from_hopper: 'Y', callback: 'REMOVE' }
  await ask(server, { function: 'update_lead', lead_id: String(lead), ...leave })
}

/** Deletes a lead and its custom fields. */
export async function deleteLead(server: Server, lead: number): Promise<void> {
  const all = { delete_lead: 'Y', custom_fields: 'Y' }
  const reply = await ask(server, { function: 'update_lead', lead_id: String(lead), ...all })
  if (!reply.includes('LEAD HAS BEEN DELETED')) throw new Error(`update_lead answered: ${reply}`)
}

/** How far the server's clock is ahead of UTC now, in milliseconds, summer time included. */
export async function utcOffset(server: Server): Promise<number> {
  const reply = await ask(server, { function: 'version' })
  const [, day, time, epoch] = /DATE: (\S+) (\S+)\|EPOCH: (\d+)\|/.exec(reply) ?? []
  return Date.parse(`${day}T${time}Z`) - Number(epoch) * 1_000
}

/** VICIdial's name for the do-not-call numbers of all campaigns. */
const ALL_CAMPAIGNS = 'SYSTEM_INTERNAL'

/** Whether a number must not be called. VICIdial tells only by adding it: if it was not there, it is removed again. */
export async function isDncNumber(
  server: Server,
  phone: string,
  campaign: string = ALL_CAMPAIGNS
): Promise<boolean> {
  const number = { phone_number: phone, campaign_id: campaign }
  const reply = await ask(server, { function: 'add_dnc_phone', ...number })
  if (reply.includes('DNC NUMBER ALREADY EXISTS')) return true
  if (!reply.includes('DNC NUMBER HAS BEEN ADDED')) throw new Error(`add_dnc_phone answered: ${reply}`)
  await removeDncNumber(server, phone, campaign)
  return false
}

/** Lets a number be called again. */
export async function removeDncNumber(
  server: Server,
  phone: string,
  campaign: string = ALL_CAMPAIGNS
): Promise<void> {
  await ask(server, { function: 'delete_dnc_phone', phone_number: phone, campaign_id: campaign })
}
