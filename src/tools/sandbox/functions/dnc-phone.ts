import type { ApiCall } from '../api/api-call.ts'

const SHORTEST_PHONE_NUMBER = 6

/** The API function `add_dnc_phone`: one number, which a campaign (or nobody) may not call. The campaign need not exist. */
export function addDncPhone(call: ApiCall): string[] {
  return changeDnc(call, 'ALREADY EXISTS', 'ADDED', (phone, campaign) => {
    const { dnc } = call.tables
    if (dnc.has(phone, campaign)) return false
    // PHP 7 ignores that the database refuses a number that is the same once it is cut.
    call.query(() => dnc.add(phone, campaign), undefined)
    return true
  })
}

/** The API function `delete_dnc_phone`. */
export function deleteDncPhone(call: ApiCall): string[] {
  return changeDnc(call, 'DOES NOT EXIST', 'DELETED', (phone, campaign) => {
    const { dnc } = call.tables
    if (!dnc.has(phone, campaign)) return false
    dnc.remove(phone, campaign)
    return true
  })
}

function changeDnc(
  { value, userName }: ApiCall,
  refusal: string,
  done: string,
  change: (phone: string, campaign: string) => boolean
): string[] {
  const functionName = value('function')
  const phone = value('phone_number')
  const campaign = value('campaign_id')
  const number = `${phone}|${campaign}`
  if (phone.length < SHORTEST_PHONE_NUMBER || campaign === '') {
    return [`ERROR: ${functionName} YOU MUST USE ALL REQUIRED FIELDS: |${userName}|${number}`]
  }
  return change(phone, campaign)
    ? [`SUCCESS: ${functionName} DNC NUMBER HAS BEEN ${done} - ${userName}|${number}`]
    : [`ERROR: ${functionName} DNC NUMBER ${refusal}: |${userName}|${number}`]
}
