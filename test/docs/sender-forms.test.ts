import { readFileSync } from 'node:fs'
import { test } from 'tap'
import { ALL_RIGHTS } from '../../src/leads/rights.ts'
import { serverRules } from '../../src/leads/server-rules.ts'
import { DEFAULT_OPTIONS } from '../../src/leads/update-options.ts'
import { readBatch } from '../../src/updates/batch.ts'
import { readYaml } from '../webhooks/endpoints.ts'
import { readPage } from './page.ts'
import { SECRETS } from './surroundings.ts'

/** What senders write beside the examples of the pages: nothing filled in, one word, lists, other types. */
const FIXTURES = 'test/fixtures/webhooks'
const LONG = 'asked for a call back '.repeat(13).trim()
const FORM = 'application/x-www-form-urlencoded'

interface Case {
  readonly page: string
  readonly source: string
  readonly file: string
  /** The update of each event that is not ignored. */
  readonly updates: readonly object[]
  readonly ignored?: number
  /** The pointers of the failures. */
  readonly failures?: readonly string[]
  /** The columns that each update sets, if values of it are left out. */
  readonly columns?: readonly (readonly string[])[]
  /** By expression; a header's id is not in the fixtures. */
  readonly eventIds?: readonly (string | undefined)[]
}

const zapier = (file: string, rest: Omit<Case, 'page' | 'source' | 'file'>): Case => ({
  page: 'docs/recipes/zapier.md',
  source: 'zapier',
  file,
  ...rest
})
const shopify = (file: string, rest: Omit<Case, 'page' | 'source' | 'file'>): Case => ({
  page: 'docs/webhooks.md',
  source: 'shopify',
  file,
  ...rest
})
const make = (file: string, rest: Omit<Case, 'page' | 'source' | 'file'>): Case => ({
  page: 'docs/recipes/make.md',
  source: 'make',
  file,
  ...rest
})

const CASES: readonly Case[] = [
  zapier('zapier-one-word.json', {
    updates: [{ vendor_lead_code: 'CRM-7', fields: { status: 'SALE', first_name: 'Madonna' } }],
    eventIds: ['deal-4712-2026-11-23T09:16:00Z']
  }),
  zapier('zapier-nulls.json', {
    updates: [{ vendor_lead_code: 'CRM-8', fields: { status: 'SALE' } }],
    eventIds: ['deal-4713-2026-11-23T09:17:00Z']
  }),
  zapier('zapier-list.json', {
    updates: [
      {
        vendor_lead_code: 'CRM-8',
        fields: { status: 'NI', first_name: 'Ann', last_name: 'Maria Lee', comments: 'too dear' }
      }
    ],
    ignored: 1,
    eventIds: ['deal-4715-2026-11-23T09:19:00Z']
  }),
  zapier('zapier-long-note.json', {
    updates: [
      {
        vendor_lead_code: 'CRM-8',
        fields: { status: 'NI', first_name: 'Ann', last_name: 'Lee', comments: LONG }
      }
    ],
    columns: [['status', 'first_name', 'last_name']]
  }),
  make('make-long-notes.json', {
    updates: [{ phone_number: '2125550104', fields: { status: 'NI', comments: LONG } }],
    columns: [['status']]
  }),
  make('make-aggregate.json', {
    updates: [
      { phone_number: '2125550104', fields: { status: 'NI', comments: 'asked twice' } },
      { phone_number: '2125550105', fields: { status: 'CALLBK' } },
      { phone_number: '2125550106' }
    ],
    ignored: 1,
    failures: ['/updates/2/fields/status']
  }),
  make('make-single.json', { updates: [{ phone_number: '2125550104', fields: { status: 'CALLBK' } }] }),
  make('make-empty.json', { updates: [], ignored: 0 }),
  {
    page: 'docs/recipes/n8n.md',
    source: 'n8n',
    file: 'n8n-aggregate.json',
    updates: [
      { lead_id: 103, fields: { email: 'a@example.com', rank: 7, status: 'DNC' } },
      { lead_id: 104, fields: { comments: 'vip' } }
    ],
    ignored: 1
  },
  {
    page: 'docs/recipes/n8n.md',
    source: 'n8n',
    file: 'n8n.form',
    updates: [{ lead_id: '103', fields: { email: 'ann.lee@example.com', rank: '7', comments: 'vip' } }]
  },
  {
    page: 'docs/recipes/hubspot.md',
    source: 'hubspot-workflow',
    file: 'hubspot-workflow-other.json',
    updates: [],
    ignored: 1
  },
  {
    page: 'docs/recipes/hubspot.md',
    source: 'hubspot-workflow',
    file: 'hubspot-workflow-dnc.json',
    updates: [
      { lead_id: '107', fields: { first_name: 'Ann', status: 'DNC', email: 'ann+promo@example.com' } }
    ],
    columns: [['status', 'first_name']]
  },
  {
    page: 'docs/recipes/hubspot.md',
    source: 'hubspot-workflow',
    file: 'hubspot-workflow-stranger.json',
    updates: [],
    ignored: 1
  },
  {
    page: 'docs/recipes/hubspot.md',
    source: 'hubspot-app',
    file: 'hubspot-app-other.json',
    updates: [],
    ignored: 1
  },
  {
    page: 'docs/recipes/salesforce.md',
    source: 'salesforce',
    file: 'salesforce-nulls.json',
    updates: [{ vendor_lead_code: '00QHs00001AbCdEMAV', fields: { status: 'DNC' } }],
    eventIds: [undefined]
  },
  {
    page: 'docs/recipes/salesforce.md',
    source: 'salesforce',
    file: 'salesforce-long.json',
    updates: [
      { vendor_lead_code: '00QHs00001AbCdEMAV', fields: { status: 'DNC', city: 'Reno', comments: LONG } }
    ],
    columns: [['status', 'city']]
  },
  {
    page: 'docs/recipes/browser-form.md',
    source: 'contact-form',
    file: 'browser-one-word.form',
    updates: [{ phone_number: '(212) 555-0106', fields: { source_id: 'WEBFORM', first_name: 'Madonna' } }]
  },
  {
    page: 'docs/recipes/curl.md',
    source: 'curl',
    file: 'curl-list.json',
    updates: [
      { lead_id: 101, fields: { status: 'SALE' } },
      { lead_id: 102, fields: { status: 'NI', comments: null } }
    ]
  },
  shopify('shopify-no-phone.json', { updates: [], ignored: 1 }),
  shopify('shopify-phone-absent.json', { updates: [], ignored: 1 }),
  shopify('shopify-nulls.json', { updates: [], ignored: 1 }),
  { page: 'docs/webhooks.md', source: 'stripe', file: 'stripe-no-lead.json', updates: [], ignored: 1 },
  { page: 'docs/webhooks.md', source: 'github', file: 'github-ping.form', updates: [], ignored: 1 }
]

/** The columns that each update sets. */
function columnsOf(updates: readonly object[], defaults = DEFAULT_OPTIONS): string[][] {
  const rules = { ...serverRules(0), customFields: new Map(), rights: ALL_RIGHTS, maxUpdates: 10, defaults }
  const batch = readBatch({ updates }, rules)
  if (!('entries' in batch)) return []
  return batch.entries.map((entry) => ('changes' in entry ? Object.keys(entry.changes.stored) : []))
}

for (const { page, source, file, updates, ignored = 0, failures = [], columns, eventIds } of CASES) {
  test(`${page}: ${file}`, async (t) => {
    const yaml = readPage(page).blocks.find(({ language }) => language === 'yaml')?.text ?? ''
    const { webhooks, faults } = readYaml(t, yaml, SECRETS)
    t.strictSame(faults, [])
    const endpoint = webhooks.find(({ name }) => name === source)
    const type = file.endsWith('.form') ? FORM : 'application/json'
    const payload = await endpoint?.parse(readFileSync(`${FIXTURES}/${file}`), type)
    const mapped = await endpoint?.map(payload)
    t.strictSame(mapped?.updates, updates)
    t.equal(mapped?.ignored, ignored)
    t.strictSame(
      [...(mapped?.failures.values() ?? [])].map(({ pointer }) => pointer),
      failures
    )
    if (eventIds) t.strictSame(mapped?.eventIds, eventIds)
    if (columns) t.strictSame(columnsOf(updates, endpoint?.options), columns)
  })
}
