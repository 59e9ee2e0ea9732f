import { test } from 'tap'
import type { Result } from '../../schemas/batch.ts'
import { ALL_PERMISSIONS, Caller } from '../../src/callers/caller.ts'
import { CallerLimits } from '../../src/callers/caller-limits.ts'
import { Problem } from '../../src/errors.ts'
import { changesOf } from '../../src/leads/changes.ts'
import { deadLettersPage } from '../../src/ops/dead-letters/dead-letters-page.ts'
import { replayPage } from '../../src/ops/dead-letters/replay-page.ts'
import { errorPage } from '../../src/ops/error-page.ts'
import { historyPage } from '../../src/ops/history-page.ts'
import { jobPage } from '../../src/ops/job-page.ts'
import { jobsPage } from '../../src/ops/jobs-page.ts'
import { overviewPage } from '../../src/ops/overview-page.ts'
import { callerPage } from '../../src/ops/senders/caller-page.ts'
import { callersPage } from '../../src/ops/senders/callers-page.ts'
import { payloadPage } from '../../src/ops/senders/payload-page.ts'
import { tryPage } from '../../src/ops/senders/try-page.ts'
import { webhookPage } from '../../src/ops/senders/webhook-page.ts'
import { webhooksPage } from '../../src/ops/senders/webhooks-page.ts'
import { signInPage } from '../../src/ops/sign-in-page.ts'
import { inWords, moment } from '../../src/ops/times.ts'
import { chart } from '../../src/ops/traffic/chart.ts'
import { RANGES } from '../../src/ops/traffic/ranges.ts'
import type { UpstreamState } from '../../src/vicidial/guard.ts'

/** Ends an attribute, an element and a comment, and begins a script. */
const HOSTILE = `"'>--></title></textarea><script>alert(1)</script><img src=x onerror=alert(1)>!`
const NOW = Date.UTC(2026, 10, 25, 20, 59, 4)

const operator = new Caller(
  { name: HOSTILE, keys: [], account: 'default', permissions: ALL_PERMISSIONS },
  { hash: '00' },
  new CallerLimits(HOSTILE)
)
const result: Result = {
  index: 0,
  vendor_lead_code: HOSTILE,
  phone_number: HOSTILE,
  status: 'failed',
  superseded: [HOSTILE],
  warnings: [{ field: HOSTILE, code: 'transliterated', sent: HOSTILE, stored: HOSTILE }],
  error: { code: HOSTILE, field: HOSTILE, detail: HOSTILE, retryable: true }
}
const job = {
  id: HOSTILE,
  caller: HOSTILE,
  source: HOSTILE,
  origin: HOSTILE,
  status: 'queued' as const,
  acceptedAt: NOW,
  finishedAt: undefined,
  counts: { [HOSTILE]: 1 },
  upstreamCalls: 1
}
const letter = {
  id: 1,
  sequence: 1,
  jobId: HOSTILE,
  caller: HOSTILE,
  account: HOSTILE,
  source: HOSTILE,
  update: {
    index: 0,
    key: { by: 'vendor_lead_code' as const, value: HOSTILE },
    onMultiple: 'reject' as const,
    changes: changesOf('update_lead', {}, { [HOSTILE]: HOSTILE }, [])
  },
  superseded: [HOSTILE],
  attempts: 2,
  result,
  diedAt: NOW
}
const rest = { next: HOSTILE, isLater: true, done: [HOSTILE] }

const counted = [{ name: HOSTILE, lastHour: 1, total: 1, lastAt: NOW }]
const source = { name: HOSTILE, auth: HOSTILE, storesPayloads: true, isForCallers: false }
const event = {
  id: HOSTILE,
  at: NOW,
  outcome: 'refused' as const,
  status: 400,
  code: HOSTILE,
  reasons: [{ event: 0, code: HOSTILE, field: HOSTILE, expression: HOSTILE }],
  caller: HOSTILE,
  jobId: HOSTILE,
  updates: 1,
  ignored: 1,
  requestId: HOSTILE,
  bytes: 1,
  hasPayload: true
}
const activity = { outcomes: counted, refusals: counted, strangers: counted, events: [event] }
const summary = {
  name: HOSTILE,
  account: HOSTILE,
  source: HOSTILE,
  routes: new Set([HOSTILE]),
  keys: [{ id: HOSTILE, expiresAt: NOW, lastUsedAt: NOW }],
  quotas: [{ unit: 'requests' as const, perMinute: 2, left: 1, secondsLeft: 1 }]
}
const ofCaller = { requests: counted, results: counted }
const hint = { expression: HOSTILE, text: HOSTILE }

test('names, ids and details are always shown as text', (t) => {
  const pages = {
    overview: overviewPage(
      {
        minutes: [{ at: NOW, updated: 1, read: 0, refused: 0, failed: 0 }],
        range: '24h',
        traffic: {
          slots: [{ at: NOW, updated: 1, read: 0, refused: 0, failed: 0 }],
          reasons: [{ code: HOSTILE, kind: 'failed', count: 1 }]
        },
        hasHistory: true,
        states: new Map([[HOSTILE, { state: 'unknown' }]]),
        stored: new Map([[HOSTILE, 1]]),
        inFlight: new Map([[HOSTILE, 1]]),
        oldestWaitingMs: 0,
        oldestAt: NOW,
        deadLetters: 0,
        fault: HOSTILE,
        cluster: {
          gateway: HOSTILE,
          isOwner: true,
          owner: { gateway: HOSTILE, term: 1 },
          lastTerm: 1,
          leaseAgeMs: 0,
          takeovers: 1,
          list: [
            {
              gateway: HOSTILE,
              address: HOSTILE,
              version: HOSTILE,
              isPresent: true,
              isAlike: false,
              startedAt: NOW,
              seenMsAgo: 0
            }
          ]
        }
      },
      operator,
      NOW
    ),
    jobs: jobsPage(
      { search: { status: HOSTILE, caller: HOSTILE, source: HOSTILE }, jobs: [job], ...rest },
      operator,
      NOW
    ),
    job: jobPage(
      {
        job,
        results: [result],
        attempts: [
          {
            index: 0,
            nextAt: NOW,
            attempts: [
              { number: 7, at: NOW, status: 'failed', code: HOSTILE, detail: HOSTILE, said: HOSTILE }
            ]
          }
        ],
        from: 0,
        pageSize: 1,
        hasDeadLetters: true,
        done: [HOSTILE]
      },
      operator,
      NOW
    ),
    letters: deadLettersPage(
      { search: { job_id: HOSTILE, caller: HOSTILE }, letters: [letter], total: 1, ...rest },
      operator,
      NOW
    ),
    webhooks: webhooksPage({ sources: [{ source, activity }], since: NOW }, operator, NOW),
    webhook: webhookPage(
      { source, activity, results: activity.refusals, since: NOW, done: [HOSTILE] },
      operator,
      NOW
    ),
    payload: payloadPage({ source: HOSTILE, event, payload: { json: HOSTILE, isCut: true } }, operator, NOW),
    callers: callersPage({ callers: [{ summary, activity: ofCaller }], since: NOW }, operator, NOW),
    caller: callerPage({ summary, activity: ofCaller, since: NOW }, operator, NOW),
    playground: tryPage(
      {
        sources: [HOSTILE],
        chosen: {
          name: HOSTILE,
          contentTypes: [HOSTILE],
          callers: [HOSTILE],
          input: { content_type: HOSTILE, caller: HOSTILE, payload: HOSTILE },
          isCut: true
        },
        trial: {
          answer: { status: 400, code: HOSTILE },
          challenge: { [HOSTILE]: HOSTILE },
          fault: HOSTILE,
          counts: { updates: 2, ignored: 2 },
          eventIds: HOSTILE,
          hints: [hint],
          updates: [
            {
              event: 0,
              update: { [HOSTILE]: HOSTILE },
              call: HOSTILE,
              stored: { [HOSTILE]: HOSTILE },
              warnings: [HOSTILE],
              refusals: [{ code: HOSTILE, pointer: HOSTILE, detail: HOSTILE }],
              hints: [hint]
            }
          ],
          ignored: [{ event: 1, why: HOSTILE, hints: [hint] }]
        }
      },
      operator
    ),
    replay: replayPage(
      {
        search: { job_id: HOSTILE, caller: HOSTILE },
        preview: {
          updates: 1,
          jobs: 1,
          callers: [{ caller: HOSTILE, updates: 1, jobs: 1 }],
          oldestAt: NOW,
          newestAt: NOW,
          superseded: { partly: 1, wholly: 1 },
          fields: [[HOSTILE, 1]],
          ids: [HOSTILE],
          remaining: 1,
          refused: 1
        }
      },
      operator,
      NOW
    ),
    history: historyPage(
      {
        search: { lead_id: HOSTILE, job_id: HOSTILE, caller: HOSTILE, code: HOSTILE, since: HOSTILE },
        entries: [
          {
            id: 1,
            at: NOW,
            lead: 1,
            key: `vendor_lead_code:${HOSTILE}`,
            caller: HOSTILE,
            replayedBy: HOSTILE,
            requestId: HOSTILE,
            jobId: HOSTILE,
            account: HOSTILE,
            source: HOSTILE,
            fields: [HOSTILE, 'comments'],
            values: { [HOSTILE]: HOSTILE, comments: '' },
            status: 'failed',
            error: { code: HOSTILE, detail: HOSTILE }
          }
        ],
        next: HOSTILE,
        isLater: true,
        isKept: false
      },
      operator,
      NOW
    ),
    error: errorPage(new Problem('conflict', HOSTILE), HOSTILE, operator),
    signIn: signInPage(HOSTILE)
  }
  for (const [name, shown] of Object.entries(pages)) {
    // The end of the page's own text field.
    const page = shown.replace(/<\/textarea\s*>\s*<button/, '<button')
    t.notMatch(page, /<script>|<img|<\/textarea|-->|onerror=/, name)
    t.match(page, '&#60;script&#62;alert(1)&#60;/script&#62;', name)
    t.equal(page.match(/<script/g)?.length, 1, name)
    // No attribute is ended early: what is left without tags has no bracket.
    t.notMatch(page.replace(/<!?\/?[a-z0-9]+(?:\s+[a-z0-9-]+(?:="[^"<>]*")?)*\s*\/?>/gi, ''), /[<>]/, name)
  }
  t.end()
})

test('the next attempt is as far away as the steady clock says, whatever the system clock does', (t) => {
  const attempts = [{ number: 1, at: NOW, status: 'failed' as const }]
  const page = (nextAt: number) =>
    jobPage(
      {
        job,
        results: [result],
        attempts: [{ index: 0, nextAt, attempts }],
        from: 0,
        pageSize: 1,
        hasDeadLetters: false,
        done: []
      },
      operator,
      NOW,
      NOW - 3_600_000
    )
  t.match(page(NOW - 3_600_000 + 90_000), '1 attempt, the next in 1 minute 30 seconds')
  t.match(page(NOW - 3_600_000), '1 attempt, the next one is due')
  t.end()
})

test('times are in UTC, and their ages in words', (t) => {
  const SECOND = 1_000
  for (const [ms, words] of [
    [-5, '0 seconds'],
    [0, '0 seconds'],
    [SECOND, '1 second'],
    [59_999, '59 seconds'],
    [60 * SECOND, '1 minute'],
    [61 * SECOND, '1 minute 1 second'],
    [185 * SECOND, '3 minutes'],
    [2 * 3_600 * SECOND + 300 * SECOND, '2 hours 5 minutes'],
    [26 * 3_600 * SECOND, '1 day 2 hours'],
    [1_000 * 86_400 * SECOND, '1,000 days']
  ] as const)
    t.equal(inWords(ms), words)
  t.match(
    moment(NOW, NOW + 2_000).replace(/\s+/g, ' '),
    '20:59:04 UTC</time> <span class="age">2 seconds ago</span>'
  )
  t.match(moment(NOW, NOW), 'datetime="2026-11-25T20:59:04.000Z">2026-11-25 ')
  t.end()
})

test('the chart says the same in words and as a table', (t) => {
  const minutes = [
    { at: NOW - 120_000, updated: 0, read: 0, refused: 0, failed: 0 },
    { at: NOW - 60_000, updated: 1_200, read: 20, refused: 30, failed: 4 },
    { at: NOW, updated: 1, read: 0, refused: 0, failed: 0 }
  ]
  const drawn = chart(minutes, RANGES['1h']).replace(/\s+/g, ' ')
  t.match(
    drawn,
    'aria-label="Updates that ended in the last hour, by the minute: 1,201 updated, 20 read, 30 refused, 4 failed. Most, 1,254 updates, at 20:58 UTC."'
  )
  t.match(drawn, /<title> ?20:58 UTC: 1,200 updated, 20 read, 30 refused, 4 failed ?<\/title>/)
  t.match(drawn, /<th scope="row">20:59<\/th>.*<th scope="row">20:58<\/th> <td class="number">1,200</)
  t.notMatch(drawn, '>20:57</th>')
  t.match(drawn, />2,000<\/text ?>/)
  t.match(chart(minutes.slice(0, 1), RANGES['1h']), 'No update has ended in the last hour.')
  t.match(chart(minutes.slice(0, 1), RANGES['7d']), 'No update has ended in the last 7 days.')
  t.end()
})

test('the labels of the chart have the size of text in every window, and never meet', (t) => {
  for (const range of Object.values(RANGES)) {
    const slots = Array.from({ length: range.slots }, (_, index) => ({
      at: NOW + index * range.spanMs,
      updated: 1,
      read: 0,
      refused: 0,
      failed: 0
    }))
    const drawn = chart(slots, range)
    t.notMatch(/<svg class="chart"[^>]*>/.exec(drawn)?.[0], 'viewBox', 'a label would shrink with the chart')
    const places = [...drawn.matchAll(/<text x="([\d.]+)%"[^>]*text-anchor="(start|end)"/g)].map(
      ([, x, anchor]) => ({ x: Number(x), anchor })
    )
    t.equal(places.length, range === RANGES['7d'] ? 4 : 5, range.title)
    t.match(places.at(-1), { x: 100, anchor: 'end' })
    // In a window of 360 pixels a label takes up to 12 % of the chart, with a gap.
    for (const [index, { x }] of places.slice(1, -1).entries()) t.ok(x - (places[index]?.x ?? 0) > 14)
    t.ok(100 - (places.at(-2)?.x ?? 0) > 2 * 12)
  }
  t.end()
})

test('the overview begins with a banner for each state in which VICIdial takes no updates', (t) => {
  const page = (states: Record<string, UpstreamState['state']>) =>
    overviewPage(
      {
        minutes: [{ at: NOW, updated: 0, refused: 0, failed: 0, read: 0 }],
        range: '1h',
        traffic: { slots: [{ at: NOW, updated: 0, refused: 0, failed: 0, read: 0 }], reasons: [] },
        hasHistory: true,
        states: new Map(Object.entries(states).map(([name, state]) => [name, { state }])),
        stored: new Map(),
        inFlight: new Map(),
        oldestWaitingMs: 0,
        oldestAt: undefined,
        deadLetters: 0,
        fault: undefined,
        cluster: undefined
      },
      operator,
      NOW
    ).replace(/\s+/g, ' ')
  const banners = (text: string) =>
    [...text.matchAll(/<p class="alert" role="alert">(.*?)<\/p>/g)].map(([, banner = '']) =>
      banner.replaceAll(/<[^>]*>/g, '').trim()
    )
  t.same(banners(page({ default: 'reachable', sales: 'unknown' })), [])
  const stopped = page({
    a: 'login_refused',
    b: 'reachable',
    c: 'unreachable',
    d: 'login_refused',
    e: 'locked_out'
  })
  t.match(banners(stopped), [
    /^VICIdial refuses the login\. Accounts: a, d\. Check the user and the password/,
    /^VICIdial does not answer, the circuit is open\. Account: c\. Check VICIDIAL_URL/,
    /^VICIdial has locked the account\. Account: e\. /
  ])
  t.equal(banners(stopped).length, 3)
  t.ok(stopped.lastIndexOf('role="alert"') < stopped.indexOf('id="now"'), 'above everything else')
  t.match(stopped, 'id="accounts"')
  t.end()
})
