import { test } from 'tap'
import { ALL_PERMISSIONS } from '../../src/callers/caller.ts'
import { Callers } from '../../src/callers/callers.ts'
import { hashKey } from '../../src/callers/key.ts'
import { serverRules } from '../../src/leads/server-rules.ts'
import { MAX_READ_AT_ONCE, Reads } from '../../src/updates/reads.ts'

const SENDER = { caller: 'crm', requestId: 'req_1', account: 'default', source: 'crm' }

function callerOf() {
  const config = { name: 'crm', keys: [{ hash: hashKey('key') }], account: 'default' }
  const caller = new Callers([{ ...config, permissions: ALL_PERMISSIONS }]).find('key')
  if (caller === undefined) throw new Error('no caller')
  return caller
}

/** Reads from a VICIdial that has so many leads with any key. */
function readsOf(count: number): Reads {
  return new Reads({
    config: { leads: { ...serverRules(0), customFields: new Map() } },
    deliveries: {
      deliver: async (_account, updates) => ({
        outcomes: updates.map(({ newest = 1 }) => ({
          status: 'read',
          warnings: [],
          readings: Array.from({ length: Math.min(count, newest) }, (_, index) => ({
            lead: count - index,
            values: { status: 'NEW' },
            unread: {}
          }))
        })),
        upstreamCalls: count
      })
    },
    jobs: {
      accept: async () => {
        throw new Error('nothing is stored')
      }
    },
    observer: { updatesEnded() {} },
    maxUpdates: 10_000
  })
}

test('of a key with more leads than are read at once the newest are returned, and that there are more', async (t) => {
  const find = async (count: number) => {
    const reads = readsOf(count)
    const key = { phone_number: '2125550001' }
    const entry = reads.readAll(key, { fields: ['status'], customFields: false }, callerOf())
    return reads.find([entry], SENDER, Number.POSITIVE_INFINITY)
  }
  const all = await find(MAX_READ_AT_ONCE)
  t.equal(all.leads.length, MAX_READ_AT_ONCE)
  t.notOk('has_more' in all)
  const more = await find(MAX_READ_AT_ONCE + 5)
  t.equal(more.leads.length, MAX_READ_AT_ONCE)
  t.equal(more.leads[0]?.lead_id, MAX_READ_AT_ONCE + 5, 'the newest is the first')
  t.equal(more.has_more, true)
})
