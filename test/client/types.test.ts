import { test } from 'tap'
import type {
  BatchRequest,
  components,
  paths,
  Problem,
  ReadRequest,
  Result
} from '../../src/client/client.ts'

type Headers = NonNullable<paths['/v1/leads/batch-update']['post']['parameters']['header']>

/** What compiles, and what does not: `npm run types` checks it. */
const COMPILED = {
  long: { updates: [{ lead_id: 1, fields: { status: 'SALE', comments: null } }], dry_run: true },
  short: { lead_ids: [1, '2'], fields: { status: 'SALE' } },
  // @ts-expect-error One of the two forms needs its leads.
  neither: { dry_run: true },
  // @ts-expect-error The forms are not mixed.
  both: { updates: [{ lead_id: 1 }], lead_ids: [1] },
  // @ts-expect-error Another name.
  misspelled: { updates: [{ leadId: 1, fields: { status: 'SALE' } }] },
  // @ts-expect-error Another word.
  word: { lead_ids: [1], on_multiple: 'some' }
} satisfies Record<string, BatchRequest>

const READ = {
  long: { leads: [{ vendor_lead_code: 'CRM-7' }], fields: ['status', 'lead_id'] },
  short: { lead_ids: [1] },
  // @ts-expect-error There is no such column.
  column: { lead_ids: [1], fields: ['statuss'] }
} satisfies Record<string, ReadRequest>

const HEADERS = {
  known: { Prefer: 'respond-async', 'Idempotency-Key': 'order-4711' },
  // @ts-expect-error There is no such preference.
  unknown: { Prefer: 'respond-soon' }
} satisfies Record<string, Headers>

/** The words of an answer are typed: one that is forgotten here does not compile. */
const IS_MADE: Readonly<Record<Result['status'], boolean>> = {
  ...{ updated: true, added: true, read: true, incomplete: true },
  ...{ not_found: false, ambiguous: false, rejected: false, failed: false, unknown: false },
  ...{ planned: false, queued: false, cancelled: false, superseded: false }
}
const CODES: readonly Problem['code'][] = ['rate_limited', 'overloaded']
const NO_JOB: components['schemas']['Accepted'] = { id: null, status: 'ignored', updates: 0 }

test('the types of the document name each body, header and word', async (t) => {
  t.equal(Object.keys(COMPILED).length + Object.keys(READ).length + Object.keys(HEADERS).length, 11)
  t.match([IS_MADE.updated, CODES.length, NO_JOB.id], [true, 2, null])
})
