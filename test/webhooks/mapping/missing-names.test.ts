import { test } from 'tap'
import { NamesRead } from '../../../src/webhooks/mapping/missing-names.ts'

/** What is missing of an expression's names, each with the path that is probably meant. */
function missing(text: string, event: unknown, payload: unknown = event) {
  return new NamesRead(text).missingIn({ event, payload }).map(({ path, similar }) => [path, similar])
}

test('a name in another spelling is found', async (t) => {
  t.strictSame(missing('rows', { Rows: [] }), [['rows', 'Rows']])
  t.strictSame(missing('first_name', { firstName: 'x' }), [['first_name', 'firstName']])
  t.strictSame(missing('`First Name`', { first_name: 'x' }), [['First Name', 'first_name']])
  t.strictSame(missing('status', { satus: 'x' }), [['status', 'satus']])
  t.strictSame(missing('rows', { rows: null }), [])
})

test('a path is followed to the first name that is missing', async (t) => {
  const event = { contact: { Fields: { email: 'x' } } }
  t.strictSame(missing('contact.Fields.email', event), [])
  t.strictSame(missing('contact.fields.email', event), [['contact.fields', 'contact.Fields']])
  t.strictSame(missing('contact.Fields.Email', event), [['contact.Fields.Email', 'contact.Fields.email']])
  t.strictSame(missing('contact.Fields.email.domain', event), [], 'a text has no names')
})

test('lists are looked into, and a name that one of their objects has is not missing', async (t) => {
  t.strictSame(missing('rows.id', { rows: [{}, [{ id: 1 }]] }), [])
  t.strictSame(missing('rows.id', { rows: [{ Id: 1 }, { ID: 2 }, 3] }), [['rows.id', 'rows.Id']])
  t.strictSame(missing('rows.id', { rows: [] }), [])
})

test('a name that is deeper in the payload is found there', async (t) => {
  t.strictSame(missing('rows', { data: { list: [{ Rows: 1 }] } }), [['rows', 'data.list.Rows']])
  t.strictSame(missing('rows', { a: { b: { c: { d: { e: { rows: 1 } } } } } }), [['rows', undefined]])
})

test('names are read wherever an expression looks at the event itself', async (t) => {
  for (const text of [
    'stage = "won"',
    '$trim(stage)',
    'stage ~> $trim',
    'other ? stage : other',
    '(other; stage)',
    '[stage]',
    '{"x": stage}',
    '-stage',
    '$.stage',
    '$$.stage',
    '($x := stage; $x.y)',
    'stage[0].x',
    'stage in ["won"]',
    'stage ?? stage'
  ])
    t.strictSame(missing(text, { Stage: 'x', other: 'y' }), [['stage', 'Stage']], text)
  t.strictSame(missing('$payload.stage', {}, { Stage: 'x' }), [['stage', 'Stage']])
})

test('names in predicates and functions, and after other steps, are left out', async (t) => {
  for (const text of [
    'rows[stage="won"].id',
    '$map(rows, function($r) { $r.stage })',
    'rows.(stage & id)',
    'rows^(stage)',
    '*.stage',
    '**.stage',
    '$x.stage'
  ])
    t.strictSame(missing(text, { rows: [{ id: 1 }] }), [], text)
})

test('it says whether the payload or the event lacks the name, and what is there', async (t) => {
  const [found] = new NamesRead('x').missingIn({ event: { a: 1 }, payload: { b: 1 } })
  t.strictSame(found, { path: 'x', similar: undefined, others: ['a'], isOfPayload: false })
  const event = { a: 1 }
  t.match(new NamesRead('x').missingIn({ event, payload: event }), [{ isOfPayload: true }])
})

test('a payload of any shape takes a short time', async (t) => {
  let deep: unknown = 1
  for (let depth = 0; depth < 5_000; depth++) deep = { deep }
  t.strictSame(missing('x', deep), [['x', undefined]])
  const wide = Object.fromEntries(Array.from({ length: 50_000 }, (_, n) => [`name${n}`, { a: n }]))
  t.strictSame(missing('x', wide), [['x', undefined]])
  t.strictSame(missing(Array.from({ length: 10 }, (_, n) => `a${n}`).join(' ?? '), { x: 1 }).length, 10)
})
