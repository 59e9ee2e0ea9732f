import { test } from 'tap'
import { CallerActivity } from '../../../src/ops/senders/caller-activity.ts'

test("a caller's requests and results are counted, and those of no configured sender are not", (t) => {
  const names = new Set(['crm', 'webhook:shop'])
  const activity = new CallerActivity({ hasSender: (name) => names.has(name) })
  activity.requestEnded({ caller: 'crm', problem: null }, 0)
  activity.requestEnded({ caller: 'crm', problem: 'rate_limited' }, 1)
  activity.requestEnded({ caller: null, problem: 'unauthenticated' }, 1)
  activity.requestEnded({ caller: 'nobody', problem: null }, 1)
  const ended = { account: 'default', count: 3 }
  activity.updatesEnded({ ...ended, caller: 'crm', status: 'updated' }, 1)
  activity.updatesEnded({ ...ended, caller: 'webhook:shop', status: 'not_found' }, 1)
  activity.updatesEnded({ ...ended, caller: 'nobody', status: 'updated' }, 1)
  t.same(activity.of('crm', 1), {
    requests: [
      { name: 'answered', lastHour: 1, total: 1, lastAt: 0 },
      { name: 'rate_limited', lastHour: 1, total: 1, lastAt: 1 }
    ],
    results: [{ name: 'updated', lastHour: 3, total: 3, lastAt: 1 }]
  })
  t.match(activity.of('webhook:shop', 1), { results: [{ name: 'not_found', total: 3 }] })
  t.same(activity.of('nobody', 1), { requests: [], results: [] })
  names.delete('crm')
  activity.forgetOthers()
  names.add('crm')
  t.same(activity.of('crm', 1), { requests: [], results: [] })
  t.end()
})
