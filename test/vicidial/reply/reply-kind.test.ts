import fc from 'fast-check'
import { test } from 'tap'
import { isAfterLogin, isRefusal, readReplyKind } from '../../../src/vicidial/reply/reply-kind.ts'

const of = (text: string, httpStatus = 200) => readReplyKind({ httpStatus, text })

test('text echoed after the first pipe is ignored', (t) => {
  t.equal(of('ERROR: Login incorrect, please try again: |api|NO LEADS DEFINED|BAD|\n'), 'login_incorrect')
  t.equal(of('ERROR: batch_update_lead SOMETHING NEW: |NO LEADS DEFINED|\n'), 'no_reply')
  fc.assert(
    fc.property(fc.string(), (echo) => {
      t.equal(
        of(`ERROR: auth USER DOES NOT HAVE PERMISSION TO USE THIS FUNCTION: |${echo}`),
        'function_not_allowed'
      )
    })
  )
  t.end()
})

test('only a reply that VICIdial itself gives after the login shows that the login was accepted', (t) => {
  const taken = 'ERROR: batch_update_lead NO LEADS DEFINED - api|\n'
  t.equal(isAfterLogin(of(taken)), true)
  const others = [
    '',
    'ok',
    '<html>',
    'SUCCESS: all',
    'ERROR: Wrong credentials: |api|\n',
    'ERROR: Login incorrect'
  ]
  for (const text of others) t.equal(isAfterLogin(of(text)), false, text)
  t.equal(isAfterLogin(of('Bad Gateway', 502)), false)
  t.end()
})

test('a refusal counts even if it is incomplete, or comes with another HTTP status', (t) => {
  t.equal(isRefusal(of('ERROR: Login incorrect, please')), true)
  t.equal(isRefusal(of('ERROR: Too many login attempts, try again in 15 minutes: |api|LOCK|\n', 403)), true)
  t.equal(isRefusal(of('PHP warning\nERROR: Login incorrect, please try again: |a|b|BAD|\n')), true)
  t.end()
})
