import fc from 'fast-check'
import { test } from 'tap'
import { quotedWords } from '../../../src/vicidial/reply/quoted-words.ts'

const PASSWORD = 'S3cret&pass'

test("VICIdial's words are quoted up to what it echoes of the call", (t) => {
  for (const [text, words] of [
    [
      'ERROR: Login incorrect, please try again: |api|S3cret&pass|BAD|\n',
      'Login incorrect, please try again'
    ],
    [
      'ERROR: batch_update_lead NO MATCHES FOUND IN THE SYSTEM - api|0|99\n',
      'batch_update_lead NO MATCHES FOUND IN THE SYSTEM'
    ],
    ['ERROR: NO FUNCTION SPECIFIED\n', 'NO FUNCTION SPECIFIED'],
    ['PHP Warning: something\nNOTICE: update_lead LEADS NOT FOUND|x\n', 'update_lead LEADS NOT FOUND'],
    ['<html><head><title>502 Bad Gateway</title></head>', '502 Bad Gateway'],
    ['SUCCESS: batch_update_lead LEADS HAVE BEEN UPDATED - api|1|1|1\n', undefined],
    ['Could not execute: UPDATE vicidial_list SET comments="private"\n', undefined],
    ['some text that is no error', undefined],
    ['ERROR: {"lead":"private"}\n', undefined],
    ['ERROR:\n', undefined],
    ['', undefined]
  ] as const)
    t.equal(quotedWords(text, PASSWORD), words, text)
  t.equal(quotedWords(`ERROR: ${'LONG '.repeat(1_000)}`, PASSWORD)?.length, 119)
  t.end()
})

test('a line with the password is not quoted, however it is spelt', (t) => {
  for (const spelling of [PASSWORD, 's3CRETpass', 'S3cret%26pass', 'S3cret &pass', 'S3-cret&pass'])
    t.equal(quotedWords(`ERROR: a fork echoes ${spelling} before the pipe|\n`, PASSWORD), undefined, spelling)
  t.equal(quotedWords('ERROR: NO FUNCTION SPECIFIED\n', ''), 'NO FUNCTION SPECIFIED')
  t.end()
})

test('whatever a reply is, the words are few, on one line, and without the password', (t) => {
  const part = fc.oneof(
    fc.string({ maxLength: 20 }),
    fc.constantFrom(
      'ERROR: ',
      'NOTICE: ',
      '\n',
      '|',
      '<title>',
      ' ',
      'words ',
      PASSWORD,
      encodeURIComponent(PASSWORD)
    )
  )
  fc.assert(
    fc.property(fc.array(part, { maxLength: 30 }), (parts) => {
      const words = quotedWords(parts.join(''), PASSWORD)
      if (words === undefined) return true
      return words.length <= 120 && /^[\w ,.'()/-]+$/.test(words) && !words.includes('S3cret')
    })
  )
  t.end()
})
