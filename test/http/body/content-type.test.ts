import { test } from 'tap'
import { readContentType } from '../../../src/http/body/content-type.ts'

test('a media type is read without parameters and in lower case', async (t) => {
  t.same(readContentType('Application/JSON; charset=UTF-8'), { mediaType: 'application/json', isUtf8: true })
  t.same(readContentType('text/plain; charset="us-ascii"'), { mediaType: 'text/plain', isUtf8: true })
  t.same(readContentType('multipart/form-data; boundary=x'), {
    mediaType: 'multipart/form-data',
    isUtf8: true
  })
  t.same(readContentType('text/plain; charset=latin1'), { mediaType: 'text/plain', isUtf8: false })
})

test('a missing or malformed header has no media type', async (t) => {
  for (const header of [undefined, '', 'json', '/', 'text/', 'text plain'])
    t.equal(readContentType(header), undefined, String(header))
})
