import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { test } from 'tap'
import { createKey, hashKey, isWholeKey, presentedKey } from '../../src/callers/key.ts'

test('a key is stored as its SHA-256', async (t) => {
  t.equal(hashKey('key-of-crm'), createHash('sha256').update('key-of-crm').digest('hex'))
  t.equal(hashKey('ключ'), createHash('sha256').update('ключ', 'utf8').digest('hex'))
})

test('a new key has a fixed prefix and 256 random bits, and no two are alike', async (t) => {
  const keys = Array.from({ length: 100 }, createKey)
  for (const key of keys) t.match(key, /^vgw_[A-Za-z0-9_-]{48}$/)
  t.equal(new Set(keys).size, keys.length)
  for (const key of keys) t.ok(isWholeKey(key))
})

test('a typo anywhere in a key is detected', async (t) => {
  const slip = fc.property(
    fc.nat({ max: 51 }),
    fc.constantFrom(...'ABCxyz019_-'),
    fc.constantFrom('replace', 'drop', 'insert'),
    (at, letter, how) => {
      const key = createKey()
      const slipped =
        key.slice(0, at) + (how === 'drop' ? '' : letter) + key.slice(how === 'insert' ? at : at + 1)
      return slipped === key || !isWholeKey(slipped)
    }
  )
  t.doesNotThrow(() => fc.assert(slip, { numRuns: 2_000 }))
  for (const other of [
    '',
    'vgw_',
    'key',
    `vgw_${'A'.repeat(47)}`,
    `${createKey()}AAAA`,
    createKey().slice(0, -4),
    `VGW_${createKey().slice(4)}`,
    `${createKey()}=`
  ])
    t.notOk(isWholeKey(other), other)
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
    [{ authorization: 'XBearer abc' }, undefined],
    [{ authorization: 'Basic Bearer abc' }, undefined],
    [{ authorization: 'abc' }, undefined],
    [{ authorization: '' }, undefined],
    [{ 'x-api-key': '' }, undefined],
    [{ 'x-api-key': ['abc', 'xyz'] }, undefined],
    [{}, undefined]
  ]
  for (const [headers, key] of presented) t.equal(presentedKey(headers), key, JSON.stringify(headers))
})

test('a header of any length is read fast', async (t) => {
  const long = 64 * 1024
  for (const value of [
    `Bearer ${' '.repeat(long)}`,
    `Bearer ${'a'.repeat(long)} b`,
    `Bearer ${'a '.repeat(long / 2)}b`
  ])
    t.equal(presentedKey({ authorization: value }), undefined)
})
