import { fileURLToPath } from 'node:url'
import type { FaultName } from '../src/tools/sandbox/server/faults.ts'

/** A request to a gateway whose answer becomes an example of the document. */
export interface Exchange {
  /** The operations that it is an example of; none means all that document its status. */
  readonly operationId?: string
  readonly name: string
  readonly summary: string
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly body?: unknown
  /** Sent as it is, instead of `body`. */
  readonly text?: string
  readonly contentType?: string
  readonly key?: string
  readonly status: number
  /** Settings beside the defaults. */
  readonly env?: Readonly<Record<string, string>>
  /** How every call to VICIdial fails. */
  readonly fault?: FaultName
  readonly headers?: Readonly<Record<string, string>>
  /** Updates that are stored, and delivered, before; their job is `{job}` in `path`. */
  readonly stored?: unknown
  /** Had so often before, each time answered with 200. */
  readonly before?: number
}

const BATCH = { operationId: 'batchUpdateLeads', method: 'POST', path: '/v1/leads/batch-update' } as const
const PATCH = { operationId: 'patchLead', method: 'PATCH' } as const
const ONE = { updates: [{ lead_id: 101, fields: { status: 'SALE' } }] }
const STORED = {
  updates: [...ONE.updates, { lead_id: 999, fields: { status: 'SALE' } }]
}
const HANG = { VICIDIAL_TIMEOUT_MS: '100', REQUEST_DEADLINE_MS: '150' }
const GATEWAY_FILE = {
  GATEWAY_CONFIG: fileURLToPath(new URL('example-gateway.yaml', import.meta.url))
}
const WEBHOOK = {
  operationId: 'receiveWebhook',
  method: 'POST',
  path: '/v1/webhooks/crm',
  env: GATEWAY_FILE
} as const
const NOBODY_LISTENS = { VICIDIAL_URL: 'http://127.0.0.1:9/vicidial/non_agent_api.php' }

/** The exchanges; the sandbox holds leads 1 to 200, of which 111 and 112 share the vendor code CRM-DUP. */
export const EXCHANGES: readonly Exchange[] = [
  {
    ...BATCH,
    name: 'each_lead_its_own',
    summary: 'Each lead with its own changes',
    body: {
      updates: [
        { lead_id: 101, fields: { status: 'SALE', email: 'ann@example.com' } },
        { vendor_lead_code: 'CRM-107', fields: { comments: null } },
        { phone_number: '(212) 555-0104', fields: { list_id: 103 } },
        { lead_id: 102, fields: { phone_number: '2125559999' }, reset_called: true }
      ]
    },
    status: 200
  },
  {
    ...BATCH,
    name: 'update_or_add',
    summary: 'Update the leads that exist, add the others',
    body: {
      on_missing: 'add',
      add: { list_id: 101, phone_code: '1', fields: { source_id: 'CRM' } },
      updates: [
        { vendor_lead_code: 'CRM-107', fields: { first_name: 'Ann' }, add: { phone_number: '2125550107' } },
        { vendor_lead_code: 'CRM-5001', fields: { first_name: 'Bob' }, add: { phone_number: '3125550142' } }
      ]
    },
    status: 200
  },
  {
    operationId: 'addLead',
    method: 'POST',
    path: '/v1/leads',
    name: 'added',
    summary: 'A lead that is new',
    body: {
      vendor_lead_code: 'CRM-5002',
      list_id: 101,
      phone_code: '1',
      phone_number: '3125550143',
      last_name: 'Lee'
    },
    status: 201
  },
  {
    operationId: 'getLead',
    method: 'GET',
    path: '/v1/leads/104?fields=status,email',
    name: 'lead',
    summary: 'Two columns of a lead',
    status: 200
  },
  {
    operationId: 'findLeads',
    method: 'GET',
    path: '/v1/leads?vendor_lead_code=CRM-DUP&fields=status',
    name: 'found',
    summary: 'Two leads with one code',
    status: 200
  },
  {
    operationId: 'readLeads',
    method: 'POST',
    path: '/v1/leads/read',
    name: 'read',
    summary: 'Two leads, each by one of its keys',
    body: { leads: [{ lead_id: 104 }, { vendor_lead_code: 'CRM-105' }], fields: ['status', 'email'] },
    status: 200
  },
  {
    ...BATCH,
    name: 'queued',
    summary: 'Leads to be dialled soon, and a callback',
    body: {
      hopper: { priority: 50 },
      updates: [
        { lead_id: 101, fields: { status: 'HOT' } },
        {
          lead_id: 102,
          hopper: 'remove',
          callback: { at: '2027-01-29T10:00:00-05:00', campaign_id: 'CAMPA', comments: 'asked for Friday' }
        }
      ]
    },
    status: 200
  },
  {
    operationId: 'addDncNumbers',
    method: 'POST',
    path: '/v1/dnc',
    name: 'added',
    summary: 'Numbers that nobody may call',
    body: { phone_numbers: ['2125550901', '(212) 555-0902'] },
    status: 200
  },
  {
    operationId: 'removeDncNumber',
    method: 'DELETE',
    path: '/v1/dnc/2125550901?campaign_id=CAMPA',
    name: 'removed',
    summary: 'A number that the campaign may call again',
    status: 200
  },
  {
    ...BATCH,
    name: 'verified',
    summary: 'An update that is proved by reading its lead',
    body: { ...ONE, verify: true },
    status: 200
  },
  {
    ...BATCH,
    name: 'one_change_for_many',
    summary: 'Short form: one change for many leads',
    body: { lead_ids: [101, 102, 103], fields: { status: 'SALE' } },
    status: 200
  },
  {
    ...BATCH,
    name: 'dry_run',
    summary: 'Dry run: what would be stored, and the calls',
    body: {
      dry_run: true,
      updates: [
        { lead_id: 101, fields: { first_name: 'José', address1: '12 Elm St, Apt #4' } },
        { vendor_lead_code: 'CRM-107', fields: { status: 'SALE' } },
        { lead_id: 102, fields: { email: 'ann+crm@example.com' } }
      ]
    },
    status: 200
  },
  {
    ...BATCH,
    name: 'partial',
    summary: 'A cleaned value, an unknown lead, a refused value, an ambiguous key',
    body: {
      updates: [
        { lead_id: 101, fields: { address1: '12 Elm St, Apt #4' } },
        { lead_id: 999, fields: { status: 'SALE' } },
        { lead_id: 102, fields: { email: 'ann+crm@example.com' } },
        { vendor_lead_code: 'CRM-DUP', fields: { status: 'SALE' } }
      ]
    },
    status: 207
  },
  {
    ...BATCH,
    name: 'respond_async',
    summary: 'Prefer: respond-async: stored, and delivered later',
    headers: { prefer: 'respond-async' },
    body: { updates: [{ lead_id: 101, fields: { status: 'SALE' } }] },
    status: 202
  },
  {
    ...BATCH,
    name: 'invalid_json',
    summary: 'A body that is cut off',
    text: '{"updates":[{"lead_id":101,',
    status: 400
  },
  {
    ...BATCH,
    name: 'invalid_request',
    summary: 'Properties that do not exist',
    body: { leads: [101], update: {} },
    status: 400
  },
  {
    ...BATCH,
    name: 'payload_too_large',
    summary: 'More updates than this server takes in one request',
    body: { lead_ids: [101, 102, 103, 104], fields: { status: 'SALE' } },
    env: { MAX_UPDATES_PER_REQUEST: '3' },
    status: 413
  },
  {
    ...BATCH,
    name: 'unsupported_media_type',
    summary: 'A form instead of JSON',
    text: 'lead_ids=101&status=SALE',
    contentType: 'application/x-www-form-urlencoded',
    status: 415
  },
  {
    ...BATCH,
    name: 'all_updates_rejected',
    summary: 'Nothing that could be sent',
    body: { updates: [{ lead_id: 101, fields: { status: 'TOO LONG', colour: 'blue' } }] },
    status: 422
  },
  {
    ...BATCH,
    name: 'upstream_login_failed',
    summary: 'VICIdial refuses the login',
    body: ONE,
    fault: 'wrong_login',
    status: 502
  },
  {
    ...BATCH,
    name: 'upstream_locked_out',
    summary: 'VICIdial locked the account',
    body: ONE,
    fault: 'locked_out',
    status: 503
  },
  {
    ...BATCH,
    name: 'upstream_unavailable',
    summary: 'VICIdial is down',
    body: ONE,
    env: NOBODY_LISTENS,
    status: 503
  },
  {
    ...BATCH,
    name: 'upstream_timeout',
    summary: 'VICIdial does not answer',
    body: ONE,
    env: HANG,
    fault: 'hang',
    status: 504
  },
  {
    ...PATCH,
    path: '/v1/leads/101',
    name: 'updated',
    summary: 'The lead was updated',
    body: { status: 'SALE' },
    status: 200
  },
  {
    ...PATCH,
    path: '/v1/leads/101',
    name: 'invalid_request',
    summary: 'An array instead of fields',
    body: ['SALE'],
    status: 400
  },
  {
    ...PATCH,
    path: '/v1/leads/999',
    name: 'not_found',
    summary: 'No such lead',
    body: { status: 'SALE' },
    status: 404
  },
  {
    ...PATCH,
    path: '/v1/leads/101',
    name: 'precondition_failed',
    summary: 'A lead that has changed since it was read',
    headers: { 'if-match': '"1-yD0nCqI2qPq1wq1yXkZb3g"' },
    body: { status: 'SALE' },
    status: 412
  },
  {
    ...PATCH,
    path: '/v1/leads/101',
    name: 'payload_too_large',
    summary: 'A body that is larger than this server takes',
    body: { comments: 'x'.repeat(200) },
    env: { MAX_BODY_BYTES: '100' },
    status: 413
  },
  {
    ...PATCH,
    path: '/v1/leads/101',
    name: 'unsupported_media_type',
    summary: 'A form instead of JSON',
    text: 'status=SALE',
    contentType: 'application/x-www-form-urlencoded',
    status: 415
  },
  {
    ...PATCH,
    path: '/v1/leads/101',
    name: 'all_updates_rejected',
    summary: 'A value that VICIdial would change',
    body: { email: 'ann+crm@example.com' },
    status: 422
  },
  {
    ...PATCH,
    path: '/v1/leads/101',
    name: 'upstream_login_failed',
    summary: 'VICIdial refuses the login',
    body: { status: 'SALE' },
    fault: 'wrong_login',
    status: 502
  },
  {
    ...PATCH,
    path: '/v1/leads/101',
    name: 'upstream_unavailable',
    summary: 'VICIdial is down',
    body: { status: 'SALE' },
    env: NOBODY_LISTENS,
    status: 503
  },
  {
    ...PATCH,
    path: '/v1/leads/101',
    name: 'upstream_timeout',
    summary: 'VICIdial does not answer',
    body: { status: 'SALE' },
    env: HANG,
    fault: 'hang',
    status: 504
  },
  {
    operationId: 'getJob',
    method: 'GET',
    path: '/v1/jobs/{job}',
    name: 'partial',
    summary: 'One lead was updated, one does not exist',
    stored: STORED,
    status: 200
  },
  {
    operationId: 'getJob',
    method: 'GET',
    path: '/v1/jobs/job_01KAS9T1QJ3W8Z5V2N7C4XGYHN',
    name: 'not_found',
    summary: 'No such job',
    status: 404
  },
  {
    operationId: 'listJobs',
    method: 'GET',
    path: '/v1/jobs',
    name: 'jobs',
    summary: 'One job',
    stored: STORED,
    status: 200
  },
  {
    operationId: 'cancelJob',
    method: 'POST',
    path: '/v1/jobs/{job}/cancel',
    name: 'ended',
    summary: 'The job has ended',
    stored: STORED,
    status: 409
  },
  {
    operationId: 'replayJob',
    method: 'POST',
    path: '/v1/jobs/{job}/replay',
    name: 'no_dead_letters',
    summary: 'There is nothing to replay',
    stored: STORED,
    status: 409
  },
  {
    operationId: 'listDeadLetters',
    method: 'GET',
    path: '/v1/dead-letters',
    name: 'none',
    summary: 'Nothing was given up',
    status: 200
  },
  {
    ...WEBHOOK,
    name: 'event',
    summary: 'An event with two deals, of which the source takes the one that was won',
    body: {
      id: 'evt_4711',
      deals: [
        { stage: 'Won', contact: { code: 'CRM-107', email: 'ann@example.com' } },
        { stage: 'Lost', contact: { code: 'CRM-105' } }
      ]
    },
    status: 202
  },
  {
    ...WEBHOOK,
    path: '/v1/webhooks/crm?wait=25',
    name: 'waited',
    summary: 'With ?wait=25: the results',
    body: {
      id: 'evt_4712',
      deals: [{ stage: 'Won', contact: { code: 'CRM-107', email: 'ann@example.com' } }]
    },
    status: 200
  },
  {
    operationId: 'listFields',
    method: 'GET',
    path: '/v1/fields',
    name: 'fields',
    summary: 'The catalogue',
    status: 200
  },
  {
    operationId: 'live',
    method: 'GET',
    path: '/livez',
    name: 'alive',
    summary: 'The process is alive',
    status: 200
  },
  {
    operationId: 'ready',
    method: 'GET',
    path: '/readyz',
    name: 'ready',
    summary: 'No call made yet',
    status: 200
  },
  {
    method: 'GET',
    path: '/v1/fields',
    key: 'not-the-key',
    name: 'unauthenticated',
    summary: 'A key that is not known',
    status: 401
  },
  {
    method: 'GET',
    path: '/v1/fields',
    key: 'limited-key',
    env: GATEWAY_FILE,
    name: 'permission_denied',
    summary: 'A right that the caller was not given',
    status: 403
  },
  {
    method: 'GET',
    path: '/v1/jobs',
    key: 'limited-key',
    env: GATEWAY_FILE,
    name: 'rate_limited',
    summary: 'The third request of a caller that may make two a minute',
    before: 2,
    status: 429
  }
]
