import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import { ROUTE_PERMISSIONS } from '../../../src/callers/caller.ts'
import { type Answer, call, dataDir, type Gateway, openApi, startGateway, type Tester } from '../../helper.ts'
import { until } from '../../until.ts'
import { gatewayFile } from '../../gateway-file.ts'
import { as, ended, store } from '../jobs-of.ts'
import { form, look, signIn, textOf } from '../ops/session.ts'
import { SHORT_RETRY, scriptedVicidial } from '../scripted-vicidial.ts'

const WEBHOOKS = [
  {
    name: 'crm',
    auth: { callers: true },
    mapping: { lead: { lead_id: 'lead' }, fields: { status: 'stage' } }
  },
  {
    name: 'erp',
    auth: { callers: true },
    mapping: { lead: { lead_id: 'lead' }, fields: { status: 'stage' } }
  }
]

/** A caller's earlier jobs. */
interface Past {
  /** A job whose updates are not delivered yet. */
  readonly open: string
  /** A job whose updates were given up. */
  readonly dead: string
  /** One more dead letter. */
  readonly letter: string
}

interface Sound {
  readonly path?: string
  readonly body?: unknown
  readonly status: number
}

/** A valid request for each operation that needs a permission, and its status with the permission. */
const SOUND: Readonly<Record<string, (past: Past) => Sound>> = {
  batchUpdateLeads: () => ({ body: { lead_ids: [1], fields: { status: 'SALE' } }, status: 200 }),
  // These are refused before anything is sent.
  addDncNumbers: () => ({ body: { phone_numbers: ['1'] }, status: 422 }),
  removeDncNumber: () => ({ path: '/v1/dnc/1', status: 422 }),
  addLead: () => ({ body: { list_id: 101 }, status: 422 }),
  getLead: () => ({ path: '/v1/leads/0', status: 404 }),
  findLeads: () => ({ status: 400 }),
  readLeads: () => ({ body: {}, status: 400 }),
  patchLead: () => ({ path: '/v1/leads/1', body: { status: 'SALE' }, status: 200 }),
  listFields: () => ({ status: 200 }),
  metrics: () => ({ status: 200 }),
  backup: () => ({ status: 200 }),
  listJobs: () => ({ status: 200 }),
  getJob: ({ open }) => ({ path: `/v1/jobs/${open}`, status: 200 }),
  cancelJob: ({ open }) => ({ path: `/v1/jobs/${open}/cancel`, status: 200 }),
  replayJob: ({ dead }) => ({ path: `/v1/jobs/${dead}/replay`, status: 202 }),
  listDeadLetters: () => ({ status: 200 }),
  replayDeadLetters: ({ letter }) => ({ body: { ids: [letter] }, status: 202 }),
  listHistory: () => ({ status: 200 }),
  listLeadHistory: () => ({ path: '/v1/leads/1/history', status: 200 })
}

/** Operations that need no key on purpose; a webhook's sender is verified by its endpoint. */
const PUBLIC = ['answerChallenge', 'live', 'ready', 'receiveWebhook']

interface Route {
  readonly name: string
  readonly method: string
  readonly path: string
  readonly permission: string
  readonly sound: (past: Past) => Sound
}

/** Every operation of the document with its documented permission; undefined if it needs no key. */
async function operations() {
  return Object.entries((await openApi()).paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId, security }]) => {
      const permissions = new Set(security.flatMap((way) => Object.values(way).flat()))
      return { name: operationId, method: method.toUpperCase(), path, permissions: [...permissions] }
    })
  )
}

/** The documented routes that need a permission, and each webhook endpoint that takes callers' keys. */
async function routes(): Promise<Route[]> {
  const documented = (await operations()).flatMap(({ permissions: [permission], ...operation }) => {
    const sound = SOUND[operation.name]
    return permission === undefined || sound === undefined ? [] : [{ ...operation, permission, sound }]
  })
  const webhooks = WEBHOOKS.map(({ name }) => ({
    name: `the webhook ${name}`,
    method: 'POST',
    path: `/v1/webhooks/${name}`,
    permission: `webhook:${name}`,
    sound: () => ({ body: { lead: 1, stage: 'SALE' }, status: 202 })
  }))
  return [...documented, ...webhooks]
}

test('each operation of the document needs one known permission, or is public on purpose', async (t) => {
  const all = await operations()
  const open = all.filter(({ permissions }) => permissions.length === 0)
  t.same(open.map(({ name }) => name).sort(), [...PUBLIC].sort())
  const closed = all.filter(({ permissions }) => permissions.length > 0)
  for (const { name, permissions } of closed) {
    t.equal(permissions.length, 1, name)
    t.ok(
      ROUTE_PERMISSIONS.some((permission) => permission === permissions[0]),
      `${name}: ${permissions[0]}`
    )
  }
  t.same(closed.map(({ name }) => name).sort(), Object.keys(SOUND).sort(), 'each has its sound request')
})

const ALL_UPDATES = {
  fields: '*',
  statuses: '*',
  custom_fields: '*',
  lists: '*',
  look_ups: '*',
  add_lists: '*'
}
const GRANTS = [...ROUTE_PERMISSIONS, ...WEBHOOKS.map(({ name }) => `webhook:${name}`)]
/** A caller for each permission, operators with one more, one with none and one with all, and their permissions. */
const CALLERS = [
  ...GRANTS.map((granted) => ({ name: `only-${granted.replace(':', '-')}`, routes: [granted] })),
  { name: 'operator-jobs', routes: ['operator', 'jobs'] },
  { name: 'operator-dead-letters', routes: ['operator', 'dead_letters'] },
  { name: 'none', routes: [] },
  { name: 'all', routes: '*' }
]

/** A gateway whose callers all have earlier jobs, and now only the permissions that they are granted. */
async function gatewayWithPast(t: Tester) {
  const path = join(dataDir(t), 'gateway.yaml')
  const accounts = [{ name: 'away', user: 'away', pass: 'nothing' }]
  const write = (permissionsOf: (caller: (typeof CALLERS)[number]) => unknown, more = {}) => {
    const callers = CALLERS.map((caller) => ({
      name: caller.name,
      permissions: permissionsOf(caller),
      ...more
    }))
    writeFileSync(path, gatewayFile(callers, { accounts, webhooks: WEBHOOKS }))
  }
  write(() => '*', { account: 'away' })
  const vicidial = await scriptedVicidial(t)
  const gateway = await startGateway(t, {
    VICIDIAL_URL: vicidial.url,
    GATEWAY_CONFIG: path,
    ...SHORT_RETRY
  })
  vicidial.denies()
  const given = async (headers: Record<string, string>) => {
    const id = await store(gateway, { lead_ids: [2], fields: { status: 'A' } }, headers)
    await ended(gateway, id)
    return id
  }
  const gone = new Map<string, Omit<Past, 'open'>>()
  for (const { name } of CALLERS) {
    const headers = as(`${name}-key`)
    const dead = await given(headers)
    const letters = `/v1/dead-letters?job_id=${await given(headers)}`
    const { body } = await call(gateway, 'GET', letters, undefined, headers)
    gone.set(name, { dead, letter: body.dead_letters[0].id })
  }
  vicidial.holds(({ user }) => user === 'away')
  const pastOf = new Map<string, Past>()
  for (const [name, past] of gone) {
    const open = await store(gateway, { lead_ids: [3], fields: { status: 'B' } }, as(`${name}-key`))
    pastOf.set(name, { ...past, open })
  }
  write(({ routes }) => ({ routes, ...ALL_UPDATES }))
  await until('the callers have what they are granted', async () => {
    const { status } = await call(gateway, 'GET', '/v1/fields', undefined, as('none-key'))
    return status === 403
  })
  return { gateway, pastOf, vicidial }
}

test('a caller reaches only the routes that its permissions name', async (t) => {
  const { gateway, pastOf, vicidial } = await gatewayWithPast(t)
  for (const { name: caller, routes: granted } of CALLERS) {
    const past = pastOf.get(caller)
    if (past === undefined) throw new Error(`${caller} has no past`)
    for (const { name, method, path: plain, permission, sound } of await routes()) {
      const { path = plain, body, status } = sound(past)
      const answer = await call(gateway, method, path, body, as(`${caller}-key`))
      if (granted === '*' || granted.includes(permission))
        t.equal(answer.status, status, `${caller}: ${name}`)
      else {
        t.match(
          [answer.status, answer.body],
          [
            403,
            {
              code: 'permission_denied',
              detail: `The caller ${caller} lacks "${permission}" (permissions.routes).`
            }
          ],
          `${caller}: ${name}`
        )
      }
    }
  }
  await checkPages(t, gateway, pastOf)
  vicidial.makes()
})

/** The operations pages that do what a route of the API does, and its permission. */
const PAGES: readonly { method: 'GET' | 'POST'; path: (past: Past) => string; permission: string }[] = [
  { method: 'GET', path: () => '/ops/jobs', permission: 'jobs' },
  { method: 'GET', path: ({ open }) => `/ops/jobs/${open}`, permission: 'jobs' },
  { method: 'POST', path: ({ open }) => `/ops/jobs/${open}/cancel`, permission: 'jobs' },
  { method: 'GET', path: () => '/ops/history', permission: 'history' },
  { method: 'GET', path: () => '/ops/dead-letters', permission: 'dead_letters' },
  { method: 'GET', path: () => '/ops/dead-letters.csv', permission: 'dead_letters' },
  { method: 'GET', path: () => '/ops/dead-letters/replay', permission: 'dead_letters' },
  { method: 'POST', path: () => '/ops/dead-letters/replay', permission: 'dead_letters' },
  { method: 'GET', path: () => '/ops/webhooks', permission: 'operator' },
  { method: 'GET', path: () => '/ops/callers', permission: 'operator' },
  { method: 'GET', path: () => '/ops/try', permission: 'operator' }
]

/** Checks that an operator does on the pages what it may do by the API, which has done it before, and nothing else. */
async function checkPages(t: Test, gateway: Gateway, pastOf: ReadonlyMap<string, Past>): Promise<void> {
  for (const { name: caller, routes: granted } of CALLERS) {
    const past = pastOf.get(caller)
    if (past === undefined || !(granted === '*' || granted.includes('operator'))) continue
    const session = await signIn(gateway, `${caller}-key`)
    for (const { method, path, permission } of PAGES) {
      const title: string = `${caller}: ${method} ${path(past)}`
      const answer: Answer =
        method === 'GET'
          ? await look(gateway, path(past), session)
          : await form(
              gateway,
              path(past),
              path(past).endsWith('/dead-letters/replay') ? { id: past.letter } : {},
              session
            )
      if (granted === '*' || granted.includes(permission))
        t.equal(answer.status, method === 'GET' ? 200 : 409, title)
      else {
        t.equal(answer.status, 403, title)
        t.match(
          textOf(answer),
          `The caller ${caller} lacks &#34;${permission}&#34; (permissions.routes).`,
          title
        )
      }
    }
    const { body } = await look(gateway, '/ops', session)
    for (const [page, permission] of [
      ['jobs', 'jobs'],
      ['dead-letters', 'dead_letters'],
      ['history', 'history']
    ] as const)
      t.equal(
        body.includes(`<a href="/ops/${page}" >`),
        granted === '*' || granted.includes(permission),
        caller
      )
  }
}

test('nothing is reached without a key, or with an unknown one', async (t) => {
  const file = gatewayFile([{ name: 'all', permissions: '*' }], { webhooks: WEBHOOKS })
  const gateway = await startGateway(t, {
    GATEWAY_CONFIG: `${t.testdir({ 'gateway.yaml': file })}/gateway.yaml`
  })
  const past = { open: 'job_1', dead: 'job_2', letter: 'dl_1' }
  for (const { name, method, path: plain, sound } of await routes()) {
    const { path = plain, body } = sound(past)
    for (const authorization of ['', 'Bearer nobody']) {
      const { status, body: answer } = await call(gateway, method, path, body, { authorization })
      t.same([status, answer.code], [401, 'unauthenticated'], name)
    }
  }
})
