/** A VICIdial server and the account to use there. */
export interface Server {
  readonly url: URL
  readonly user: string
  readonly pass: string
}

async function ask(server: Server, params: Record<string, string>): Promise<string> {
  const login = { source: 'gatewaytest', user: server.user, pass: server.pass }
  const body = new URLSearchParams({ ...login, ...params, records: '1' })
  const response = await fetch(server.url, { method: 'POST', body })
  const text = await response.text()
  return text.replaceAll(server.pass, '***')
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
