import fc from 'fast-check'
import { test } from 'tap'
import { Delivery, type DeliveryContext } from '../../src/delivery/delivery.ts'
import type { Outcome } from '../../src/delivery/outcome.ts'
import { keyName, keyOfName } from '../../src/leads/lead-key.ts'
import { heldVicidial } from './held-vicidial.ts'
import { settled } from '../stopped-clock.ts'
import type { Update } from '../../src/leads/update.ts'
import { status, UPDATED, updatedByKey, updates } from './updates.ts'

type Note = Exclude<DeliveryContext['note'], undefined>

/** Ends at once, though nothing is noted yet. */
const NEVER_NOTED: Note = async () => {}
/** Says at once that all is noted. */
const NOTED: Note = async (_outcomes, noted) => {
  noted()
}

/** The context of updates from the outbox with this sequence number. */
function stored(sequence: number, note = NEVER_NOTED): Partial<DeliveryContext> {
  return { caller: 'stored crm', sequencing: { sequenceOf: () => sequence, isStored: true }, note }
}

/** The context of a request made when the next sequence number was `sequence`; it calls `note` at its end. */
function request(sequence: number, note = NEVER_NOTED): Partial<DeliveryContext> {
  return { sequencing: { sequenceOf: () => sequence, isStored: false }, note }
}

/** What an outbox has noted of each lead. */
function notedWrites() {
  const newest = new Map<string, number>()
  const note = (lead: number, fields: readonly string[], sequence: number) => {
    for (const field of fields) {
      const name = `lead_id:${lead} ${field}`
      newest.set(name, Math.max(sequence, newest.get(name) ?? 0))
    }
  }
  const writtenSince = (lead: string, sequence: number) =>
    ['status', 'city'].filter((field) => (newest.get(`${lead} ${field}`) ?? 0) > sequence)
  return { note, writes: { writtenSince } }
}

const SUPERSEDED: Outcome = { status: 'superseded', warnings: [], superseded: ['status'] }

test('an older stored update that waits behind a newer one of its lead is not sent', async (t) => {
  const { next, outcomes, texts, dispatcher } = await heldVicidial(t)
  const newer = outcomes(status(5, 'NEW'), request(2))
  const older = outcomes(status(5, 'OLD'), stored(1))
  ;(await next()).answer()
  t.strictSame(await Promise.all([newer, older]), [[UPDATED], [SUPERSEDED]])
  t.strictSame(texts(), ['batch_update_lead 5 NEW'])
  t.equal(dispatcher.waiting, 0)
})

test('a partly superseded update is sent without those fields, and can share a call', async (t) => {
  const { next, outcomes, calls } = await heldVicidial(t)
  const newer = outcomes(status(5, 'NEW'), request(2))
  const elements = [
    { lead_id: 5, fields: { status: 'OLD', city: 'Bonn, West' } },
    { lead_id: 6, fields: { status: 'OLD', city: 'Bonn, West' } },
    { lead_id: 7, fields: { city: 'Bonn, West' } }
  ]
  const [both, other, alone] = updates(elements)
  if (!both || !other || !alone) throw new Error('no updates')
  const older = outcomes([both, other, alone], stored(1))
  ;(await next()).answer()
  for (let n = 0; n < 2; n++) (await next()).answer()
  const { warnings } = alone.changes
  t.equal(warnings.length, 1)
  t.strictSame(await Promise.all([newer, older]), [
    [UPDATED],
    [
      { ...UPDATED, superseded: ['status'], warnings },
      { ...UPDATED, warnings },
      { ...UPDATED, warnings }
    ]
  ])
  t.strictSame(
    calls
      .slice(1)
      .map(({ params: { lead_ids, status: value } }) => [lead_ids, value])
      .sort(),
    [
      ['6', 'OLD'],
      ['7,5', undefined]
    ]
  )
})

test('an update has no warning about an action that a newer update has superseded', async (t) => {
  const ofField = {
    field: 'city',
    code: 'characters_dropped' as const,
    sent: 'Bonn, West',
    stored: 'Bonn West'
  }
  const ofAction = {
    field: 'callback.comments',
    code: 'transliterated' as const,
    sent: 'José',
    stored: 'Jose'
  }
  const [update] = updates([{ lead_id: 5, fields: { city: 'Bonn, West' } }])
  if (!update) throw new Error('no update')
  const changes = { ...update.changes, warnings: [ofField, ofAction] }
  const context = { caller: 'crm', source: 'test', requestId: 'req_1', deadline: 0 }
  const delivery = new Delivery([{ ...update, changes }], context, { settle: () => {} })
  delivery.settle(0, { ...UPDATED, superseded: ['callback'] })
  t.match(await delivery.done, [{ warnings: [ofField] }])
  t.equal((await delivery.done)[0]?.warnings.length, 1)
})

test('a stored update that was accepted after the request is sent', async (t) => {
  const { outcomes, texts, answerAll } = await heldVicidial(t)
  const earlier = outcomes(status(5, 'FIRST'), request(2))
  const later = outcomes(status(5, 'SECOND'), stored(2))
  answerAll()
  t.strictSame(await Promise.all([earlier, later]), [[UPDATED], [UPDATED]])
  t.strictSame(texts(), ['batch_update_lead 5 FIRST', 'batch_update_lead 5 SECOND'])
})

test('a failed update supersedes nothing', async (t) => {
  const { next, outcomes, texts, answerAll } = await heldVicidial(t)
  const newer = outcomes(status(5, 'NEW'), request(2))
  const older = outcomes(status(5, 'OLD'), stored(1))
  ;(await next()).answer('ERROR: batch_update_lead LIST DOES NOT EXIST - 6666|\n')
  answerAll()
  t.match(await Promise.all([newer, older]), [[{ status: 'failed' }], [UPDATED]])
  t.equal(texts().at(-1), 'batch_update_lead 5 OLD')
})

test('a stored update is superseded while the newer request waits for other leads, or for the disk', async (t) => {
  const { next, outcomes, texts } = await heldVicidial(t, { maxConcurrency: 4 })
  const { promise: isWritten, resolve: written } = Promise.withResolvers<void>()
  const newer = outcomes(
    [...status(5, 'NEW'), ...status(6, 'SLOW')],
    request(3, async (_outcomes, noted) => {
      await isWritten
      noted()
    })
  )
  const [fast, slow] = [await next(), await next()]
  fast.answer()
  await settled()
  t.strictSame(await outcomes(status(5, 'OLD'), stored(1)), [SUPERSEDED], 'while the request waits')
  slow.answer()
  await settled()
  t.strictSame(await outcomes(status(6, 'OLD'), stored(2)), [SUPERSEDED], 'while it is written')
  written()
  t.strictSame(await newer, [UPDATED, UPDATED])
  const again = outcomes(status(5, 'OLD'), stored(1))
  const call = await next()
  t.equal(call.text, 'batch_update_lead 5 OLD', 'the writes are forgotten after that: the outbox has them')
  call.answer()
  t.strictSame(await again, [UPDATED])
  t.equal(texts().length, 3)
})

test('a stored update whose lead is found after the newer update is superseded', async (t) => {
  const { next, outcomes, texts } = await heldVicidial(t, { maxConcurrency: 2, found: { x: [5] } })
  const byKey = updates([{ vendor_lead_code: 'x', fields: { status: 'OLD' } }])
  const older = outcomes(byKey, stored(1))
  const search = await next()
  const newer = outcomes(status(5, 'NEW'), request(2))
  ;(await next()).answer()
  t.strictSame(await newer, [UPDATED])
  search.answer()
  t.strictSame(await older, [{ ...SUPERSEDED, leads: [5] }])
  t.strictSame(texts(), ['lead_search x', 'batch_update_lead 5 NEW'])
})

test('of several leads of a key, only those with newer values are left out', async (t) => {
  const { next, outcomes, texts, answerAll } = await heldVicidial(t, { found: { x: [6, 5] } })
  const newer = outcomes(status(5, 'NEW'), request(2))
  const call = await next()
  const byKey = updates([{ vendor_lead_code: 'x', on_multiple: 'all', fields: { status: 'OLD' } }])
  const older = outcomes(byKey, stored(1))
  call.answer()
  answerAll()
  t.strictSame(await Promise.all([newer, older]), [
    [UPDATED],
    [{ ...updatedByKey(6), superseded: ['status'] }]
  ])
  t.strictSame(texts().slice(1), ['lead_search x', 'batch_update_lead 6 OLD'])
})

test('the newer of two stored updates wins, even if they name the lead differently', async (t) => {
  const { next, outcomes, texts } = await heldVicidial(t, { maxConcurrency: 2, found: { x: [5] } })
  const older = outcomes(updates([{ vendor_lead_code: 'x', fields: { status: 'OLD' } }]), stored(1))
  const newer = outcomes(status(5, 'NEW'), stored(2))
  const [search, call] = [await next(), await next()]
  search.answer()
  await settled()
  call.answer()
  t.strictSame(await Promise.all([older, newer]), [[{ ...SUPERSEDED, leads: [5] }], [UPDATED]])
  t.strictSame(texts(), ['lead_search x', 'batch_update_lead 5 NEW'])
})

test('an update that is coalesced into an older equal one is sent', async (t) => {
  const { next, outcomes, texts, answerAll } = await heldVicidial(t)
  const between = outcomes(status(5, 'B'), request(2))
  const older = outcomes(status(5, 'A'), stored(1))
  const newest = outcomes(status(5, 'A'), { ...request(3), source: 'crm' })
  ;(await next()).answer()
  answerAll()
  t.strictSame(await Promise.all([between, older, newest]), [[UPDATED], [UPDATED], [UPDATED]])
  t.strictSame(texts(), ['batch_update_lead 5 B', 'batch_update_lead 5 A'])
})

test('so is one whose lead has to be found first: updates of requests are always sent', async (t) => {
  const { next, outcomes, texts, answerAll } = await heldVicidial(t, {
    maxConcurrency: 2,
    found: { x: [5] }
  })
  const newer = outcomes(status(5, 'B'), stored(3))
  const older = outcomes(status(5, 'A'), stored(1))
  const searched = outcomes(updates([{ vendor_lead_code: 'x', fields: { status: 'A' } }]), request(2))
  const [call, search] = [await next(), await next()]
  search.answer()
  await settled()
  call.answer()
  answerAll()
  t.strictSame(await Promise.all([newer, older, searched]), [[UPDATED], [UPDATED], [updatedByKey(5)]])
  t.strictSame(texts(), ['batch_update_lead 5 B', 'lead_search x', 'batch_update_lead 5 A'])
})

test('unless its client went away', async (t) => {
  const { next, outcomes, texts } = await heldVicidial(t)
  const between = outcomes(status(5, 'B'), request(2))
  const older = outcomes(status(5, 'A'), stored(1))
  const client = new AbortController()
  const abandoned = outcomes(status(5, 'A'), { ...request(3), signal: client.signal })
  client.abort()
  ;(await next()).answer()
  t.match(await Promise.all([between, older, abandoned]), [[UPDATED], [SUPERSEDED], [{ status: 'failed' }]])
  t.strictSame(texts(), ['batch_update_lead 5 B'])
})

test('a superseded update unblocks the next of its lead, and updates of requests are sent unchanged', async (t) => {
  const { outcomes, texts, answerAll } = await heldVicidial(t)
  const newer = outcomes(status(5, 'NEW'), request(3))
  const older = outcomes(status(5, 'OLD'), stored(1))
  const slow = outcomes(status(5, 'SLOW'), request(2))
  answerAll()
  t.strictSame(await Promise.all([newer, older, slow]), [[UPDATED], [SUPERSEDED], [UPDATED]])
  t.strictSame(texts(), ['batch_update_lead 5 NEW', 'batch_update_lead 5 SLOW'])
})

test('a request need not wait for its note to be on disk', async (t) => {
  const { next, outcomes, texts } = await heldVicidial(t)
  const newer = outcomes(status(5, 'NEW'), request(2))
  ;(await next()).answer()
  t.strictSame(await newer, [UPDATED])
  t.strictSame(await outcomes(status(5, 'OLD'), stored(1)), [SUPERSEDED])
  t.strictSame(texts(), ['batch_update_lead 5 NEW'])
})

test('what the outbox has noted is left out of older updates, whatever name they give to the lead', async (t) => {
  const { note, writes } = notedWrites()
  const { outcomes, texts, answerAll } = await heldVicidial(t, { found: { x: [5] }, writes })
  note(5, ['status'], 3)
  answerAll()
  const byKey = updates([{ vendor_lead_code: 'x', fields: { status: 'OLD' } }])
  t.strictSame(await outcomes(byKey, stored(2)), [{ ...SUPERSEDED, leads: [5] }])
  t.strictSame(await outcomes(byKey, stored(3)), [updatedByKey(5)])
  t.strictSame(texts(), ['lead_search x', 'lead_search x', 'batch_update_lead 5 OLD'])
})

test('a stored update is not sent while the outbox cannot be read, and blocks no other', async (t) => {
  const writtenSince = () => {
    throw new Error('disk I/O error')
  }
  const { outcomes, texts, answerAll } = await heldVicidial(t, { writes: { writtenSince } })
  answerAll()
  t.match(await outcomes(status(5, 'OLD'), stored(1)), [{ status: 'failed', isUnsent: true }])
  t.strictSame(await outcomes(status(5, 'NEW'), request(2)), [UPDATED])
  t.strictSame(texts(), ['batch_update_lead 5 NEW'])
})

test('a blocked older update is superseded even if the outbox has learned of the newer one meanwhile', async (t) => {
  const { note, writes } = notedWrites()
  const { next, outcomes, texts, answerAll } = await heldVicidial(t, { writes })
  const newer = outcomes(
    status(5, 'NEW'),
    request(3, (outcomes, noted) => {
      note(5, ['status'], 3)
      return NOTED(outcomes, noted)
    })
  )
  const between = outcomes(updates([{ lead_id: 5, fields: { city: 'Rome' } }]), request(4))
  const older = outcomes(status(5, 'OLD'), stored(1))
  ;(await next()).answer()
  await newer
  await settled()
  answerAll()
  t.strictSame(await Promise.all([between, older]), [[UPDATED], [SUPERSEDED]])
  t.strictSame(texts(), ['batch_update_lead 5 NEW', 'batch_update_lead 5'])
})

/** Leads 5 and 6 have a key, too. */
const KEYS: Readonly<Record<number, string>> = { 5: 'x', 6: 'y' }
const lead = fc.constantFrom(1, 5, 6)
const fields = fc.subarray(['status', 'city'] as const, { minLength: 1 })
const event = fc.oneof(
  { weight: 3, arbitrary: fc.record({ store: lead, isByKey: fc.boolean(), fields }) },
  {
    weight: 2,
    arbitrary: fc.record({ request: fc.uniqueArray(lead, { minLength: 1, maxLength: 3 }), fields })
  },
  { weight: 3, arbitrary: fc.record({ claim: lead, isByKey: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ answer: fc.nat() }) },
  { weight: 2, arbitrary: fc.constant({ write: true } as const) }
)

/** An update in an outbox. */
interface Stored {
  readonly sequence: number
  readonly update: Update
  state: 'waiting' | 'claimed' | 'ended'
}

/** A lead's name: its key if it has one, and is to be named by it. */
function nameOf(ofLead: number, isByKey: boolean): string {
  const key = isByKey ? KEYS[ofLead] : undefined
  return key === undefined ? `lead_id:${ofLead}` : `vendor_lead_code:${key}`
}

test('each lead ends with its newest values, however stored updates and requests interleave', async (t) => {
  const property = fc.asyncProperty(
    fc.array(event, { minLength: 5, maxLength: 60 }),
    fc.constantFrom(1, 3),
    async (events, maxConcurrency) => {
      const found = { x: [5], y: [6] }
      const { note, writes } = notedWrites()
      const { calls, outcomes, answerAll } = await heldVicidial(
        { teardown: () => {} },
        { maxConcurrency, found, writes }
      )
      const outbox: Stored[] = []
      const writing: (() => void)[] = []
      const newest = new Map<string, string>()
      const inFlight: Promise<unknown>[] = []
      let accepted = 0
      const accept = (ofLead: number, names: readonly string[]) => {
        const values = Object.fromEntries(names.map((name) => [name, `V${accepted}`]))
        for (const name of names) newest.set(`${ofLead} ${name}`, `V${accepted}`)
        return values
      }
      /** Is written some time after the updates have ended. */
      const noteOf =
        (sent: readonly Update[], sequence: number): Note =>
        async (ended, noted) => {
          await new Promise<void>((resolve) => writing.push(resolve))
          for (const [index, { key, changes }] of sent.entries()) {
            const { leads = [Number(key.value)], superseded = [] } = ended[index] ?? {}
            const fields = Object.keys(changes.stored).filter((field) => !superseded.includes(field))
            for (const one of leads) note(one, fields, sequence)
          }
          noted()
        }
      const claim = (ofLead: number, isByKey: boolean) => {
        const name = nameOf(ofLead, isByKey)
        const next = outbox.find(({ update, state }) => keyName(update.key) === name && state !== 'ended')
        if (next?.state !== 'waiting') return
        next.state = 'claimed'
        const written = noteOf([next.update], next.sequence)
        const done = outcomes(
          [next.update],
          stored(next.sequence, async (ended, noted) => {
            void written(ended, noted).then(() => {
              next.state = 'ended'
            })
          })
        )
        inFlight.push(done)
      }
      for (const event of events) {
        accepted++
        if ('store' in event) {
          const { by, value } = keyOfName(nameOf(event.store, event.isByKey))
          const [update] = updates([{ [by]: value, fields: accept(event.store, event.fields) }])
          if (update === undefined) throw new Error('no update')
          outbox.push({ sequence: accepted, update, state: 'waiting' })
        } else if ('request' in event) {
          const sequence = accepted
          const elements = event.request.map((one) => ({ lead_id: one, fields: accept(one, event.fields) }))
          const sent = updates(elements)
          inFlight.push(outcomes(sent, request(sequence, noteOf(sent, sequence))))
        } else if ('claim' in event) claim(event.claim, event.isByKey)
        else if ('answer' in event) calls[event.answer % Math.max(1, calls.length)]?.answer()
        else for (const resolve of writing.splice(0)) resolve()
        await settled()
      }
      answerAll()
      for (let rounds = 0; rounds < events.length; rounds++) {
        for (const one of [1, 5, 6]) {
          claim(one, true)
          claim(one, false)
        }
        await settled()
        for (const resolve of writing.splice(0)) resolve()
        await settled()
      }
      await Promise.all(inFlight)

      const values = new Map<string, string>()
      for (const { params } of calls) {
        if (params['function'] === 'lead_search') continue
        for (const id of (params['lead_ids'] ?? '').split(',')) {
          for (const name of ['status', 'city']) {
            const value = params[name]
            if (value !== undefined) values.set(`${id} ${name}`, value)
          }
        }
      }
      if (outbox.some(({ state }) => state !== 'ended')) throw new Error('a stored update has not ended')
      for (const [what, value] of newest) {
        if (values.get(what) !== value) throw new Error(`${what} is ${values.get(what)}, not ${value}`)
      }
    }
  )
  await fc.assert(property, { numRuns: 150, endOnFailure: true, includeErrorInReport: true })
  t.pass('150 interleavings')
})
