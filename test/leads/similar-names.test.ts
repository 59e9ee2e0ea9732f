import fc from 'fast-check'
import { test } from 'tap'
import { FIELDS, SIMILAR_FIELDS } from '../../src/leads/fields.ts'

const names = FIELDS.map(({ name }) => name)

test('a name in another spelling, or with a letter wrong, is the one that is meant', async (t) => {
  const meant: [unknown: string, known: string | undefined][] = [
    ['firstName', 'first_name'],
    ['First Name', 'first_name'],
    ['FIRST-NAME', 'first_name'],
    ['firstname', 'first_name'],
    ['frist_name', 'first_name'],
    ['fist_name', 'first_name'],
    ['first_nane', 'first_name'],
    ['statsu', 'status'],
    ['Status', 'status'],
    ['emial', 'email'],
    ['emal', 'email'],
    ['comment', 'comments'],
    ['postalCode', 'postal_code'],
    ['Zip', 'postal_code'],
    ['dateOfBirth', 'date_of_birth'],
    ['phone', 'phone_number'],
    ['postcode', 'postal_code'],
    ['middle_name', 'middle_initial'],
    ['gmt_offset', 'gmt_offset_now'],
    ['listId', 'list_id'],
    ['Dispo', 'status'],
    // Each is another thing, though it is like a field.
    ['stage', undefined],
    ['street', undefined],
    ['sender', undefined],
    ['date', undefined],
    ['bank', undefined],
    ['', undefined],
    ['_', undefined],
    ['constructor', undefined],
    ['__proto__', undefined],
    ['x'.repeat(100_000), undefined]
  ]
  for (const [unknown, known] of meant) t.equal(SIMILAR_FIELDS.find(unknown), known, unknown.slice(0, 40))
})

test('every field is found with a letter missing, added or in the place of the next', async (t) => {
  const long = fc.constantFrom(...names.filter((name) => name.replaceAll('_', '').length >= 5))
  const property = fc.property(
    long,
    fc.nat(),
    fc.constantFrom('missing', 'added', 'swapped'),
    (name, at, kind) => {
      const place = at % (name.length - 1)
      const [before, letter = '', next = '', after] = [
        name.slice(0, place),
        name[place],
        name[place + 1],
        name.slice(place + 2)
      ]
      const wrong = {
        missing: before + next + after,
        added: `${before}${letter}q${next}${after}`,
        swapped: before + next + letter + after
      }[kind]
      const found = SIMILAR_FIELDS.find(wrong)
      // `address` is like three fields.
      if (found?.replace(/\d$/, '') !== name.replace(/\d$/, '') && wrong.replaceAll('_', '').length >= 5)
        throw new Error(`${wrong} is found as ${found}`)
    }
  )
  fc.assert(property, { numRuns: 2_000, seed: 3 })
  t.pass()
})
