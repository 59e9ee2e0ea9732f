import type { ServerResponse } from 'node:http'
import { startStandIn, type Tester } from '../helper.ts'

/** What a VICIdial that does as it is told does with a call: makes it, refuses it, or answers only when it is told. */
type Conduct = 'makes' | 'denies' | 'holds'

type Params = Readonly<Record<string, string>>

const DENIED =
  'ERROR: batch_update_lead USER DOES NOT HAVE PERMISSION TO UPDATE LEADS IN THE SYSTEM: |api|0|\n'

/** Settings with which what fails is tried once more, at once, and then given up. */
export const SHORT_RETRY = { RETRY_FIRST_PAUSE_MS: '1', RETRY_LONGEST_PAUSE_MS: '1', RETRY_FOR_MS: '1' }
/** Settings with which what fails waits far longer than a test takes. */
export const LONG_RETRY = { RETRY_FIRST_PAUSE_MS: '3600000', RETRY_LONGEST_PAUSE_MS: '3600000' }

/** Starts a VICIdial that does as it is told, until the test ends; a denial of its does not open the circuit. */
export async function toldVicidial(t: Tester) {
  const made: string[] = []
  const held: (() => void)[] = []
  const told: { conduct: Conduct; isMeant: (params: Params) => boolean } = {
    conduct: 'makes',
    isMeant: () => true
  }

  const make = (params: Params, response: ServerResponse) => {
    const { lead_ids = '', function: called, records, user: _user, source: _source, ...fields } = params
    const set = Object.entries(fields)
      .filter(([name]) => name !== 'pass')
      .map(([name, value]) => `${name}=${value}`)
    made.push([lead_ids, ...set].join(' '))
    const count = lead_ids.split(',').length
    response.end(
      `SUCCESS: ${called} LEADS HAVE BEEN UPDATED - api|${records ?? count}|${count}|${lead_ids}\n`
    )
  }
  const url = await startStandIn(t, (params, response) => {
    if (told.conduct === 'makes' || !told.isMeant(params)) make(params, response)
    else if (told.conduct === 'denies') response.end(DENIED)
    else held.push(() => make(params, response))
  })
  return {
    url,
    /** The leads and fields of each call that was made, in order. */
    made,
    /** The calls that wait for their answer. */
    held,
    /** Denies every call from now on, or those that it is to deny. */
    denies: (isMeant: (params: Params) => boolean = () => true) => {
      told.conduct = 'denies'
      told.isMeant = isMeant
    },
    /** Answers no call from now on, or not those that it is to hold, until it is told. */
    holds: (isMeant: (params: Params) => boolean = () => true) => {
      told.conduct = 'holds'
      told.isMeant = isMeant
    },
    /** Makes what is held, and all that comes. */
    makes: () => {
      told.conduct = 'makes'
      for (const answer of held.splice(0)) answer()
    }
  }
}
