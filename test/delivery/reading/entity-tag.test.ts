import fc from 'fast-check'
import { test } from 'tap'
import { entityTag, taggedFields } from '../../../src/delivery/reading/entity-tag.ts'
import { leadOf, meets } from '../../../src/delivery/reading/lead-of-reading.ts'
import { LEAD_COLUMNS } from '../../../src/leads/reading/lead-columns.ts'

const NAMES = LEAD_COLUMNS.map(({ name }) => name)
const TEXTS = LEAD_COLUMNS.filter(({ type }) => type === 'text').map(({ name }) => name)

test('an entity tag says which fields it is about', async () => {
  fc.assert(
    fc.property(fc.subarray(NAMES), fc.boolean(), (fields, hasCustomFields) => {
      const columns = Object.fromEntries(fields.map((name) => [name, 'x']))
      const tagged = taggedFields(entityTag(7, columns, hasCustomFields ? { color: 'blue' } : undefined))
      return (
        tagged !== undefined &&
        tagged.fields.join() === fields.join() &&
        tagged.hasCustomFields === hasCustomFields
      )
    })
  )
})

test('a lead meets the condition of a tag if none of its fields has changed, whatever others hold', async () => {
  const values = fc.dictionary(fc.constantFrom(...TEXTS), fc.constantFrom('a', 'b', ''), { maxKeys: 4 })
  fc.assert(
    fc.property(fc.subarray(TEXTS, { minLength: 1 }), values, values, (fields, before, after) => {
      const whole = (changed: Readonly<Record<string, string>>) => ({
        lead: 7,
        values: { ...Object.fromEntries(TEXTS.map((name) => [name, 'x'])), ...changed },
        unread: {}
      })
      const { etag = '' } = leadOf(whole(before), { fields, customFields: [] })
      const isSame = fields.every((name) => whole(before).values[name] === whole(after).values[name])
      return meets(whole(after), { tags: [etag], fields, customFields: [] }) === isSame
    })
  )
})

test('what is no tag of the gateway is about nothing', (t) => {
  for (const tag of ['', '""', '"x"', 'W/"1-0123456789012345678901"', '"1-0123456789012345678901', '"ZZ-a"'])
    t.equal(taggedFields(tag), undefined, tag)
  t.end()
})
