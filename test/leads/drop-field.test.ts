import fc from 'fast-check'
import { test } from 'tap'
import { withoutFields } from '../../src/leads/compose-changes.ts'
import { MAX_DROPPED } from '../../src/leads/refusal.ts'
import { ALL_RIGHTS, type Rights } from '../../src/leads/rights.ts'
import { serverRules } from '../../src/leads/server-rules.ts'
import { DEFAULT_OPTIONS, type UpdateOptions } from '../../src/leads/update-options.ts'
import { readUpdate } from '../../src/leads/read-update.ts'

const DROPPING: UpdateOptions = { ...DEFAULT_OPTIONS, onInvalid: 'drop_field' }
const customFields = new Map([
  ['color', { maxLength: 10 }],
  ['size', { maxLength: 100 }]
])

function read(element: Record<string, unknown>, options = DROPPING, rights: Rights = ALL_RIGHTS) {
  return readUpdate(element, 0, options, { ...serverRules(0), customFields, rights })
}

test('a DNC is not lost because of an e-mail', async (t) => {
  const fields = { status: 'DNC', email: 'ann+promo@example.com' }
  t.match(read({ lead_id: 113, fields }), {
    changes: {
      params: { status: 'DNC', email: undefined },
      stored: { status: 'DNC' },
      warnings: [
        {
          field: 'email',
          code: 'field_dropped',
          sent: 'ann+promo@example.com',
          stored: undefined,
          refusal: 'characters_lost',
          detail: /^VICIdial would lose \+ from email/
        }
      ]
    }
  })
  t.match(read({ lead_id: 113, fields }, DEFAULT_OPTIONS), {
    refusals: [{ code: 'characters_lost', pointer: '/fields/email' }]
  })
})

test('every kind of faulty value is left out, and the sound ones are set', async (t) => {
  const faulty = {
    state: 'California',
    comments: 'x'.repeat(256),
    gender: 'x',
    date_of_birth: '2024-02-30',
    rank: 70_000,
    phone_code: null,
    owner: 'a\\b',
    alt_phone: { number: '2125550100' },
    security_phrase: 'x'.repeat(1_000)
  }
  const update = read({
    lead_id: 101,
    fields: { ...faulty, status: 'DNC', city: 'München' },
    custom_fields: { color: 'red', size: '1;2' }
  })
  if (!('changes' in update)) throw new Error('refused')
  t.same(update.changes.stored, { status: 'DNC', city: 'Munchen', 'custom_fields.color': 'red' })
  const warned = new Map(update.changes.warnings.map((warning) => [warning.field, warning]))
  t.match(Object.fromEntries([...warned].map(([field, { refusal }]) => [field, refusal])), {
    state: 'field_too_long',
    comments: 'field_too_long',
    gender: 'field_invalid',
    date_of_birth: 'field_invalid',
    rank: 'field_invalid',
    phone_code: 'field_not_clearable',
    owner: 'unsafe_characters',
    alt_phone: 'field_invalid',
    security_phrase: 'field_too_long',
    'custom_fields.size': 'characters_lost'
  })
  t.equal(warned.get('alt_phone')?.sent, '{…}')
  t.equal(warned.get('rank')?.sent, '70000')
  t.equal(warned.get('phone_code')?.sent, 'null')
  t.equal(warned.get('security_phrase')?.sent, `${'x'.repeat(300)}…`)
  t.match(warned.get('city'), { code: 'transliterated' })
})

test('among custom fields alone, too, the sound ones are set', async (t) => {
  t.match(read({ lead_id: 101, custom_fields: { color: 'red', size: '1;2' } }), {
    changes: {
      stored: { 'custom_fields.color': 'red', 'custom_fields.size': undefined },
      warnings: [{ field: 'custom_fields.size', code: 'field_dropped' }]
    }
  })
})

test('a list, a key, the last field, and what is not a fault of a value are never dropped', async (t) => {
  const sound = { status: 'DNC' }
  const refused: [element: Record<string, unknown>, pointers: string[]][] = [
    [{ lead_id: 101, fields: { ...sound, list_id: 'x' } }, ['/fields/list_id']],
    [{ lead_id: 101, fields: { ...sound, list_id: null } }, ['/fields/list_id']],
    [{ lead_id: 101, fields: { ...sound, list_id_field: 103 } }, ['/fields/list_id_field']],
    [
      { lead_id: 101, fields: { ...sound, list_id: 'x', email: 'a+b' } },
      ['/fields/list_id', '/fields/email']
    ],
    [{ lead_id: 'x', fields: sound }, ['/lead_id']],
    [{ vendor_lead_code: 'a+b', fields: { ...sound, email: 'a+b' } }, ['/vendor_lead_code']],
    [{ lead_id: 101, fields: { email: 'a+b' } }, ['/fields/email']],
    [
      { lead_id: 101, fields: { email: 'a+b' }, custom_fields: { x: 1 } },
      ['/fields/email', '/custom_fields/x']
    ],
    [{ lead_id: 101, fields: { email: 'a+b' }, reset_called: true }, ['/fields/email']],
    [{ lead_id: 101, fields: { ...sound, Email: 'a' } }, ['/fields/Email']],
    [{ lead_id: 101, fields: sound, custom_fields: { unlisted: 'x' } }, ['/custom_fields/unlisted']],
    [{ lead_id: 101, fields: sound, custom_fields: 7 }, ['/custom_fields']],
    [{ lead_id: 101, fields: sound, statu: 'x' }, ['/statu']]
  ]
  for (const [element, pointers] of refused) {
    const update = read(element)
    t.same('refusals' in update && update.refusals.map(({ pointer }) => pointer), pointers)
  }
  const rights = { ...ALL_RIGHTS, lists: new Set(['103']), fields: new Set(['status', 'list_id']) }
  t.match(read({ lead_id: 101, fields: { ...sound, list_id: 104 } }, DROPPING, rights), {
    refusals: [{ code: 'list_not_allowed' }]
  })
  t.match(read({ lead_id: 101, fields: sound, reset_called: true }, DROPPING, rights), {
    refusals: [{ code: 'field_not_allowed', field: 'reset_called' }]
  })
  t.match(read({ lead_id: 101, fields: { ...sound, city: 'x' } }, DROPPING, rights), {
    refusals: [{ code: 'field_not_allowed', field: 'city' }]
  })
})

test('a value that would harm others beside custom fields is dropped too', async (t) => {
  t.match(
    read({ lead_id: 101, fields: { status: 'A', source_id: 'a&status=B' }, custom_fields: { color: 'red' } }),
    {
      changes: { stored: { status: 'A', source_id: undefined, 'custom_fields.color': 'red' } }
    }
  )
})

test('an update with too many faulty values is rejected, as the response has a warning for each', async (t) => {
  const labels = Array.from({ length: MAX_DROPPED + 1 }, (_, n) => `field_${n}`)
  const rules = {
    ...serverRules(0),
    customFields: new Map(labels.map((label) => [label, { maxLength: 1 }])),
    rights: ALL_RIGHTS
  }
  const withFaulty = (count: number) => {
    const custom_fields = Object.fromEntries(labels.slice(0, count).map((label) => [label, 'too long']))
    return readUpdate({ lead_id: 101, fields: { status: 'A' }, custom_fields }, 0, DROPPING, rules)
  }
  t.match(withFaulty(MAX_DROPPED), {
    changes: { stored: { status: 'A' }, warnings: { length: MAX_DROPPED } }
  })
  t.match(withFaulty(MAX_DROPPED + 1), { refusals: { length: MAX_DROPPED + 1 } })
})

test('an option of an update is its own, and a warning stays when newer fields are left out', async (t) => {
  const fields = { status: 'DNC', city: 'Rome', email: 'a+b' }
  const update = read({ lead_id: 101, fields, on_invalid: 'drop_field' }, DEFAULT_OPTIONS)
  if (!('changes' in update)) throw new Error('refused')
  t.match(withoutFields(update.changes, ['city']), {
    stored: { status: 'DNC', city: undefined },
    warnings: [{ field: 'email', code: 'field_dropped' }]
  })
  t.match(read({ lead_id: 101, fields, on_invalid: 'reject_update' }), { refusals: [{ field: 'email' }] })
  t.match(read({ lead_id: 101, fields, on_invalid: 'skip' }), { refusals: [{ field: 'on_invalid' }] })
})

test('the sound fields are stored as they are without the faulty ones', async (t) => {
  const value = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.constant(null),
    fc.constantFrom('DNC', 'Ann', '101', 'a+b', '\\')
  )
  const names = [
    'status',
    'first_name',
    'email',
    'rank',
    'phone_number',
    'date_of_birth',
    'owner',
    'comments'
  ]
  const fields = fc.dictionary(fc.constantFrom(...names), value)
  fc.assert(
    fc.property(fields, (given) => {
      const update = read({ lead_id: 101, fields: given })
      const alone = Object.entries(given).map(([name, one]) =>
        read({ lead_id: 101, fields: { [name]: one } })
      )
      const stored = Object.assign({}, ...alone.map((one) => ('changes' in one ? one.changes.stored : {})))
      const isRefused = Object.keys(stored).length === 0
      if (!('changes' in update)) return isRefused
      const dropped = update.changes.warnings.filter(({ code }) => code === 'field_dropped')
      return (
        JSON.stringify(Object.entries(update.changes.stored).toSorted()) ===
          JSON.stringify(Object.entries(stored).toSorted()) &&
        dropped.length === alone.filter((one) => 'refusals' in one).length
      )
    })
  )
  t.pass()
})
