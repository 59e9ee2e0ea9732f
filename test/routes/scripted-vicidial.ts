import type { ServerResponse } from 'node:http'
import { startStandIn, type Tester } from '../helper.ts'

/** How the scripted VICIdial treats a call: makes it, denies it, or holds it until released. */
type Conduct = 'makes' | 'denies' | 'holds'

type Params = Readonly<Record<string, string>>

const DENIED =
  'ERROR: batch_update_lead USER DOES NOT HAVE PERMISSION TO UPDATE LEADS IN THE SYSTEM: |api|0|\n'

/** Settings that retry a failed update once, at once, and then give it up. */
export const SHORT_RETRY = { RETRY_FIRST_PAUSE_MS: '1', RETRY_LONGEST_PAUSE_MS: '1', RETRY_FOR_MS: '1' }
/** Settings that retry a failed update long after the test has ended. */
export const LONG_RETRY = { RETRY_FIRST_PAUSE_MS: '3600000', RETRY_LONGEST_PAUSE_MS: '3600000' }

/** Starts a scripted VICIdial until the test ends; its denials don't open the circuit. */
export async function scriptedVicidial(t: Tester) {
  const made: string[] = []
  const held: (() => void)[] = []
  const script: { conduct: Conduct; isMeant: (params: Params) => boolean } = {
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
    if (script.conduct === 'makes' || !script.isMeant(params)) make(params, response)
    else if (script.conduct === 'denies') response.end(DENIED)
    else held.push(() => make(params, response))
  })
  return {
    url,
    /** The leads and fields of each call made, in order. */
    made,
    /** The calls on hold. */
    held,
    /** Denies every call from now on, or only matching ones. */
    denies: (isMeant: (params: Params) => boolean = () => true) => {
      script.conduct = 'denies'
      script.isMeant = isMeant
    },
    /** Holds every call from now on, or only matching ones. */
    holds: (isMeant: (params: Params) => boolean = () => true) => {
      script.conduct = 'holds'
      script.isMeant = isMeant
    },
    /** Makes the held calls, and all that follow. */
    makes: () => {
      script.conduct = 'makes'
      for (const answer of held.splice(0)) answer()
    }
  }
}
