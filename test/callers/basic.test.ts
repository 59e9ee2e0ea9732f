import { test } from 'tap'
import { basicPassword } from '../../src/callers/basic.ts'

test('the password of Basic credentials is what follows the first colon', async (t) => {
  const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`
  const passwordOf = (authorization?: string) => basicPassword({ authorization })
  t.same(
    ['u:p', 'u:pa', 'u:pas', ':p', 'u:p:q', 'ü:пароль'].map((text) => passwordOf(basic(text))),
    ['p', 'pa', 'pas', 'p', 'p:q', 'пароль']
  )
  t.equal(passwordOf('bAsIc   dTpw  '), 'p')
  t.equal(passwordOf('Basic dTpwYQ'), 'pa', 'without padding')
  for (const other of [
    undefined,
    '',
    'Basic',
    'BasicdTpw',
    'Bearer dTpw',
    'x Basic dTpw',
    'Basic dTpw x',
    'Basic =',
    'Basic dT;pw',
    basic('u:'),
    basic('no-colon')
  ])
    t.equal(passwordOf(other), undefined, other ?? 'no header')
})
