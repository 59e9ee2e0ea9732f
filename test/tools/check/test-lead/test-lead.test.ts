import fc from 'fast-check'
import { test } from 'tap'
import type { TestLead } from '../../../../src/tools/check/test-lead/test-lead.ts'
import type { Sandbox } from '../../../../src/tools/sandbox/sandbox.ts'
import { checkUrl, startVicidial } from '../set-up.ts'
import { anyCharacter } from '../../../any-character.ts'

const LEAD = 5

/** A lead that may be changed, and the questions asked before. */
function agreeing(answer = true) {
  const questions: string[] = []
  const testLead: TestLead = {
    lead: LEAD,
    consent: async (question) => {
      questions.push(question)
      return answer
    },
    untilDone: (work) => work()
  }
  return { testLead, questions }
}

/** The writes: batches that name the lead. */
function writes(sandbox: Sandbox) {
  return sandbox.calls().filter(({ params }) => params['lead_ids'] === String(LEAD))
}

async function setLead(sandbox: Sandbox, values: Record<string, string>) {
  const login = { source: 'crm', user: 'api', pass: 'canary-s3cret' }
  const body = new URLSearchParams({
    ...login,
    function: 'update_lead',
    lead_id: String(LEAD),
    ...values,
    records: '1'
  })
  await (await fetch(sandbox.url, { method: 'POST', body })).text()
}

for (const useNonLatin of [0, 1] as const) {
  test(`the stored é shows that use_non_latin is ${useNonLatin}, and the lead is restored`, async (t) => {
    const sandbox = await startVicidial(t, {}, { useNonLatin })
    const before = sandbox.leads()
    const { testLead, questions } = agreeing()
    const { step } = await checkUrl(
      sandbox.url,
      { VICIDIAL_NON_LATIN: String(1 - useNonLatin) },
      { testLead }
    )
    t.match(step('test_lead'), {
      account: 'default',
      status: useNonLatin === 0 ? 'fault' : 'warning',
      detail: `(use_non_latin=${useNonLatin})`,
      remedy: `Set VICIDIAL_NON_LATIN=${useNonLatin}.`
    })
    t.match(step('test_lead').detail, /Tested in address3 of lead 5, which has its old value again\.$/)
    t.strictSame(sandbox.leads(), before)
    t.strictSame(
      writes(sandbox).map(({ params }) => params['address3']),
      ['check é check', '--BLANK--']
    )
    t.strictSame(questions, [
      `Lead 5: address3 (now empty) is set to "check é check"; comments (now empty) is set to "check łłłłłłłłłłłłłł…". Then the values are read and restored. (The lead's modify date changes.)`
    ])
  })
}

test('without consent nothing is written', async (t) => {
  const sandbox = await startVicidial(t)
  const { step } = await checkUrl(sandbox.url, {}, { testLead: agreeing(false).testLead })
  t.match(step('test_lead'), { status: 'skipped', detail: 'Nothing was written: consent was not given.' })
  t.strictSame(writes(sandbox), [])
})

test("if the value can't be read back, nothing is asked or written", async (t) => {
  const used = ' batch_update_lead update_lead lead_search '
  const sandbox = await startVicidial(t, { api_allowed_functions: used })
  const { testLead, questions } = agreeing()
  const { step } = await checkUrl(sandbox.url, {}, { testLead })
  t.match(step('test_lead'), {
    status: 'fault',
    detail: /^Nothing was written, .* cannot be read: lead_field_info is not among the functions/,
    remedy: /^Select lead_field_info in API Allowed Functions/
  })
  t.strictSame([...writes(sandbox), ...questions], [])
})

test('a lead that does not exist, or is in a list of another campaign', async (t) => {
  const sandbox = await startVicidial(t)
  const missing = await checkUrl(sandbox.url, {}, { testLead: { ...agreeing().testLead, lead: 99 } })
  t.match(missing.step('test_lead'), { status: 'fault', detail: /there is no such lead/ })
  await setLead(sandbox, { list_id_field: '102' })
  const forbidden = await checkUrl(sandbox.url, {}, { testLead: agreeing().testLead })
  t.match(forbidden.step('test_lead'), {
    status: 'fault',
    detail: /does not belong to a campaign that the user's group allows/
  })
  t.strictSame(writes(sandbox), [])
})

const FIELDS = ['address3', 'province', 'address2', 'security_phrase', 'city']
const all = (value: string) => Object.fromEntries(FIELDS.map((name) => [name, value]))

test("an empty field is preferred, and a field that can't be restored is never used", async (t) => {
  const sandbox = await startVicidial(t)
  await setLead(sandbox, { ...all('Suite 5'), address2: '--BLANK--' })
  await checkUrl(sandbox.url, {}, { testLead: agreeing().testLead })
  t.strictSame(Object.keys(writes(sandbox)[0]?.params ?? {}).includes('address2'), true)

  await setLead(sandbox, all('Suite 5'))
  const before = sandbox.leads()
  const { step } = await checkUrl(sandbox.url, {}, { testLead: agreeing().testLead })
  t.match(step('test_lead').detail, /Tested in address3 of lead 5, which has its old value again/)
  t.strictSame(sandbox.leads(), before)
})

test('values that VICIdial would store differently are not used', async (t) => {
  const sandbox = await startVicidial(t, {}, { useNonLatin: 1 })
  await setLead(sandbox, { ...all('São Paulo'), source_id: 'Größe', comments: 'Größe' })
  const { step } = await checkUrl(sandbox.url, {}, { testLead: agreeing().testLead })
  t.match(step('test_lead'), { status: 'skipped', remedy: /another lead/ })
  t.strictSame(writes(sandbox), [])
})

test('if one field can be written and the other not, only that one is said to be left alone', async (t) => {
  const sandbox = await startVicidial(t)
  await setLead(sandbox, { source_id: "O'Brien", comments: "O'Brien" })
  const { step } = await checkUrl(sandbox.url, {}, { testLead: agreeing().testLead })
  t.match(step('test_lead').detail, /Tested in address3 of lead 5/)
  t.match(step('db_charset'), {
    status: 'skipped',
    detail:
      'Nothing was written to source_id or comments: lead 5 has values there that could not be restored exactly.'
  })
})

test('a value with an apostrophe, read with HTTP 500, does not prevent using other fields', async (t) => {
  const sandbox = await startVicidial(t)
  await setLead(sandbox, { ...all("L'Aquila"), city: 'Rome' })
  const before = sandbox.leads()
  const { step } = await checkUrl(sandbox.url, {}, { testLead: agreeing().testLead })
  t.match(step('test_lead').detail, /Tested in city of lead 5, which has its old value again/)
  t.strictSame(sandbox.leads(), before)
})

test('for any values in the fields, the lead is restored', async (t) => {
  const sandbox = await startVicidial(t, {}, { useNonLatin: 1 })
  await fc.assert(
    fc.asyncProperty(fc.string({ minLength: 1, maxLength: 60, unit: anyCharacter }), async (value) => {
      await setLead(sandbox, all(value))
      const before = sandbox.leads()
      await checkUrl(sandbox.url, {}, { testLead: agreeing().testLead })
      t.strictSame(sandbox.leads(), before)
    }),
    { numRuns: 40 }
  )
})

for (const fault of ['reset_after', 'truncate', '500_after_success', 'html'] as const) {
  test(`the value is restored even if the write ends in ${fault}`, async (t) => {
    const sandbox = await startVicidial(t)
    const before = sandbox.leads()
    const testLead: TestLead = {
      ...agreeing().testLead,
      untilDone: (work) => {
        sandbox.fail(fault, { calls: 1, function: 'batch_update_lead' })
        return work()
      }
    }
    const { ids } = await checkUrl(sandbox.url, {}, { testLead })
    t.strictSame(sandbox.leads(), before)
    t.equal(ids('ok').includes('login'), true)
  })
}

test('the value is restored even if the read fails, and the setting is not reported', async (t) => {
  const sandbox = await startVicidial(t)
  const before = sandbox.leads()
  const testLead: TestLead = {
    ...agreeing().testLead,
    untilDone: (work) => {
      sandbox.fail('reset_before', { calls: 1, function: 'lead_field_info' })
      return work()
    }
  }
  const { step } = await checkUrl(sandbox.url, {}, { testLead })
  t.match(step('test_lead'), {
    status: 'warning',
    detail: /could not be read. address3 of lead 5 has its old value again/
  })
  t.strictSame(sandbox.leads(), before)
})

test("a value that can't be restored is reported", async (t) => {
  const sandbox = await startVicidial(t)
  await setLead(sandbox, all('Suite 5'))
  const testLead: TestLead = {
    ...agreeing().testLead,
    untilDone: (work) => {
      sandbox.fail('locked_out', { calls: 100, function: 'lead_field_info' })
      return work()
    }
  }
  const logins = () => sandbox.calls().filter(({ fault }) => fault !== undefined).length
  const { step } = await checkUrl(sandbox.url, {}, { testLead })
  t.match(step('test_lead'), {
    status: 'fault',
    detail: 'address3 and comments of lead 5 may be changed, and could not be confirmed as restored.',
    remedy: 'Open lead 5 in VICIdial and set it to what it was: address3 was "Suite 5"; comments was empty.'
  })
  t.equal(logins(), 1)
})

const CHARSETS = [
  ['utf8', 0, 'utf8'],
  ['utf8', 1, 'utf8'],
  ['latin1', 0, 'latin1'],
  // VICIdial asks for UTF-8 then, and the tables have it.
  ['latin1', 1, 'utf8'],
  ['latin1-tables', 0, 'latin1'],
  ['latin1-tables', 1, 'latin1']
] as const

for (const [dbCharset, useNonLatin, found] of CHARSETS) {
  test(`a database of ${dbCharset} with use_non_latin ${useNonLatin} is found to be ${found}`, async (t) => {
    const sandbox = await startVicidial(t, {}, { dbCharset, useNonLatin })
    const before = sandbox.leads()
    for (const configured of ['utf8', 'latin1'] as const) {
      const { step } = await checkUrl(
        sandbox.url,
        { VICIDIAL_DB_CHARSET: configured, VICIDIAL_NON_LATIN: String(useNonLatin) },
        { testLead: agreeing().testLead }
      )
      t.match(step('db_charset'), {
        status: found === configured ? 'ok' : found === 'latin1' ? 'fault' : 'warning',
        detail: `(${found})`,
        settings: { VICIDIAL_DB_CHARSET: found }
      })
      t.equal(
        step('db_charset').remedy,
        found === configured ? undefined : `Set VICIDIAL_DB_CHARSET=${found}.`
      )
      t.match(step('test_lead').settings, { VICIDIAL_NON_LATIN: String(useNonLatin) })
    }
    t.strictSame(sandbox.leads(), before)
  })
}

test('a text in source_id is put back, if comments cannot be used', async (t) => {
  const sandbox = await startVicidial(t, {}, { dbCharset: 'latin1' })
  await setLead(sandbox, { comments: 'Called, twice' })
  const before = sandbox.leads()
  const { step } = await checkUrl(sandbox.url, {}, { testLead: agreeing().testLead })
  t.match(step('db_charset'), { status: 'fault', detail: /Tested in source_id of lead 5/ })
  t.strictSame(sandbox.leads(), before)
})
