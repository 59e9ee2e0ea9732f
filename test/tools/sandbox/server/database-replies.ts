import type { Php } from '../../../../src/tools/sandbox/api/php.ts'
import type { FaultName } from '../../../../src/tools/sandbox/server/faults.ts'

const LOGIN = { source: 'crm', user: 'api', pass: 's3cret' }
/** A call of each kind. */
export const CALLS = {
  batch: { ...LOGIN, function: 'batch_update_lead', lead_ids: '1,2', city: 'Łódź' },
  update: { ...LOGIN, function: 'update_lead', lead_id: '1', city: 'Łódź' },
  code: { ...LOGIN, function: 'lead_search', search_method: 'VENDOR_LEAD_CODE', vendor_lead_code: 'CRM-1' },
  phone: { ...LOGIN, function: 'lead_search', phone_number: '2125550001' },
  version: { function: 'version' }
}
const GOOD = {
  batch: '200 SUCCESS: batch_update_lead LEADS HAVE BEEN UPDATED - api|2|2|2,1\n',
  update: '200 SUCCESS: update_lead LEAD HAS BEEN UPDATED - api|1|0|||\n',
  code: '200 CRM-1|1|1\n',
  phone: '200 2125550001|1|1\n',
  version: '200 VERSION'
}
const NOT_FOUND = {
  batch: '200 ERROR: batch_update_lead NO MATCHES FOUND IN THE SYSTEM: |api|1,2\n',
  update: '200 ERROR: update_lead NO MATCHES FOUND IN THE SYSTEM: |api|1||\n',
  code: '200 ERROR: lead_search NO MATCHES FOUND IN THE SYSTEM: |api||CRM-1|\n',
  phone: '200 ERROR: lead_search NO MATCHES FOUND IN THE SYSTEM: |api|||2125550001\n'
}
const EMPTY_500 = { batch: '500 ', update: '500 ', code: '500 ', phone: '500 ', version: '500 ' }

type Replies = Readonly<Record<keyof typeof CALLS, string>>

function all(reply: string): Replies {
  return { batch: reply, update: reply, code: reply, phone: reply, version: reply }
}

/** As measured on VICIdial with PHP 7.4 and 8.2, except that `version` is cut to its first word. */
export const REPLIES: Partial<Record<FaultName, Readonly<Record<Php, Replies>>>> = {
  database_down: { 7: all('200 MySQL connect ERROR:  Connection refused'), 8: EMPTY_500 },
  database_lost: {
    7: {
      ...all('200 ERROR: Login incorrect, please try again: |api|s3cret|BAD|\n'),
      version: GOOD.version
    },
    8: EMPTY_500
  },
  settings_gone: { 7: GOOD, 8: EMPTY_500 },
  leads_gone: { 7: { ...GOOD, ...NOT_FOUND }, 8: { ...EMPTY_500, version: GOOD.version } },
  leads_read_only: {
    7: {
      ...GOOD,
      batch: '200 SUCCESS: batch_update_lead LEADS HAVE BEEN UPDATED - api|-1|2|2,1\n',
      update: '200 SUCCESS: update_lead LEAD HAS BEEN UPDATED - api|1|-1|||\n'
    },
    8: { ...GOOD, batch: '500 ', update: '500 ' }
  },
  api_log_unwritable: {
    7: GOOD,
    8: {
      batch: GOOD.batch.replace('200', '500'),
      update: GOOD.update.replace('200', '500'),
      code: GOOD.code.replace('200', '500'),
      phone: GOOD.phone.replace('200', '500'),
      version: GOOD.version.replace('200', '500')
    }
  }
}
