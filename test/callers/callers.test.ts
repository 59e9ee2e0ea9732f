import { createHash } from 'node:crypto'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { test } from 'tap'
import { Callers, hashKey, presentedKey } from '../../src/callers/callers.ts'

const callers = new Callers([
  { name: 'crm', keyHashes: [hashKey('key-of-crm'), hashKey('next-key-of-crm')], source: 'crm' },
  { name: 'web', keyHashes: [hashKey('key-of-web')], onLossy: 'reject', isOperator: true }
])

test('a key is held as its SHA-256', async (t) => {
  t.equal(hashKey('key-of-crm'), createHash('sha256').update('key-of-crm').digest('hex'))
  t.equal(hashKey('ключ'), createHash('sha256').update('ключ', 'utf8').digest('hex'))
})

test('a caller is found by each of its keys, with its own source and options', async (t) => {
  const crm = { name: 'crm', source: 'crm', onLossy: 'accept', isOperator: false }
  t.strictSame(callers.find('key-of-crm'), crm)
  t.strictSame(callers.find('next-key-of-crm'), crm)
  t.strictSame(callers.find('key-of-web'), {
    name: 'web',
    source: undefined,
    onLossy: 'reject',
    isOperator: true
  })
})

test('nobody is found by anything else', async (t) => {
  for (const key of [
    '',
    'key-of-crm ',
    'KEY-OF-CRM',
    'key-of-cr',
    hashKey('key-of-crm'),
    `sha256:${hashKey('key-of-crm')}`
  ])
    t.equal(callers.find(key), undefined, key)
  t.equal(new Callers([]).find('key-of-crm'), undefined)
  const nobody = fc.property(fc.string({ unit: 'binary' }), (key) => callers.find(key) === undefined)
  t.doesNotThrow(() => fc.assert(nobody))
})

test('no key can be read off the callers', async (t) => {
  t.notMatch(inspect(callers, { depth: 9, showHidden: true }), /key-of/)
  t.notMatch(JSON.stringify(callers.find('key-of-crm')), /key-of/)
})

test('a key is presented as a bearer token or as X-API-Key', async (t) => {
  const presented: [headers: Record<string, string | string[]>, key: string | undefined][] = [
    [{ authorization: 'Bearer abc' }, 'abc'],
    [{ authorization: 'bearer abc' }, 'abc'],
    [{ authorization: 'BEARER   a.b-c_d~e+f/g=  ' }, 'a.b-c_d~e+f/g='],
    [{ 'x-api-key': 'abc' }, 'abc'],
    [{ 'x-api-key': 'a b' }, 'a b'],
    [{ authorization: 'Bearer abc', 'x-api-key': 'xyz' }, 'abc'],
    [{ authorization: 'Basic YTpi', 'x-api-key': 'xyz' }, 'xyz'],
    [{ authorization: 'Basic YTpi' }, undefined],
    [{ authorization: 'Bearer' }, undefined],
    [{ authorization: 'Bearer ' }, undefined],
    [{ authorization: 'Bearer a b' }, undefined],
    [{ authorization: 'Bearerabc' }, undefined],
    [{ authorization: 'abc' }, undefined],
    [{ authorization: '' }, undefined],
    [{ 'x-api-key': '' }, undefined],
    [{ 'x-api-key': ['abc', 'xyz'] }, undefined],
    [{}, undefined]
  ]
  for (const [headers, key] of presented) t.equal(presentedKey(headers), key, JSON.stringify(headers))
})

test('a header of any length is read at once', async (t) => {
  const long = 64 * 1024
  for (const value of [
    `Bearer ${' '.repeat(long)}`,
    `Bearer ${'a'.repeat(long)} b`,
    `Bearer ${'a '.repeat(long / 2)}b`
  ])
    t.equal(presentedKey({ authorization: value }), undefined)
})
