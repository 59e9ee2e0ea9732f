import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ApiAnswer, CallFaults, DatabaseFault } from '../api/non-agent-api.ts'
import { closeConnection, leaveOpen, resetConnection, sendCut, sendWhole } from './sending.ts'

/** An HTTP answer, from VICIdial or from a server in front of it. */
export interface HttpAnswer {
  readonly status: number
  readonly text: string
}

/** The data for a fault's answer. */
export interface FaultMaterial {
  /** The API's own answer; empty if the call was not carried out. */
  readonly answer: ApiAnswer
  readonly refusal: (kind: 'BAD' | 'LOCK') => string
}

interface Fault {
  /** Whether the call is carried out. */
  readonly isMade: boolean
  /** What goes wrong within the call. @param field see `FaultScope` */
  readonly within?: (field: string | undefined) => CallFaults
  readonly answer: (material: FaultMaterial) => HttpAnswer
  /** @returns the HTTP status that was sent, 0 for none */
  readonly send: (response: ServerResponse, answer: HttpAnswer) => number
}

const PROXY_PAGE = `<!DOCTYPE html>
<html><head><title>502 Proxy Error</title></head>
<body><h1>Proxy Error</h1><p>The proxy server received an invalid response from an upstream server.</p></body></html>
`

const unchanged = ({ answer }: FaultMaterial): HttpAnswer => answer
const cutInTheMiddle = (text: string): string => text.slice(0, Math.floor(text.length / 2))

/** A call with a broken database, answered as its PHP does. */
function broken(database: DatabaseFault) {
  return { isMade: true, within: () => ({ database }), answer: unchanged, send: sendWhole }
}

/** A call whose values are stored in another form than VICIdial stores them. */
function altering(kind: 'cut' | 'changed') {
  const within = (field: string | undefined): CallFaults => ({
    alteration: { kind, ...(field !== undefined && { field }) }
  })
  return { isMade: true, within, answer: unchanged, send: sendWhole }
}

/** How long `insert_late` waits, in milliseconds. */
const INSERT_PAUSE_MS = 50

/** The ways a call can fail. */
const FAULTS = {
  refuse: { isMade: false, answer: unchanged, send: closeConnection },
  reset_before: { isMade: false, answer: unchanged, send: resetConnection },
  reset_after: { isMade: true, answer: unchanged, send: resetConnection },
  hang: { isMade: false, answer: unchanged, send: leaveOpen },
  hang_after: { isMade: true, answer: unchanged, send: leaveOpen },
  '500': { isMade: false, answer: () => ({ status: 500, text: '' }), send: sendWhole },
  '500_after_success': {
    isMade: true,
    answer: ({ answer }) => ({ ...answer, status: 500 }),
    send: sendWhole
  },
  html: { isMade: false, answer: () => ({ status: 200, text: PROXY_PAGE }), send: sendWhole },
  truncate: { isMade: true, answer: unchanged, send: sendCut },
  truncate_clean: {
    isMade: true,
    answer: ({ answer }) => ({ ...answer, text: cutInTheMiddle(answer.text) }),
    send: sendWhole
  },
  wrong_login: {
    isMade: false,
    answer: ({ refusal }) => ({ status: 200, text: refusal('BAD') }),
    send: sendWhole
  },
  locked_out: {
    isMade: false,
    answer: ({ refusal }) => ({ status: 200, text: refusal('LOCK') }),
    send: sendWhole
  },
  database_down: broken('down'),
  database_lost: broken('lost'),
  settings_gone: broken('settings_gone'),
  leads_gone: broken('leads_gone'),
  leads_read_only: broken('leads_read_only'),
  api_log_unwritable: broken('api_log_unwritable'),
  values_cut: altering('cut'),
  values_changed: altering('changed'),
  insert_late: {
    isMade: true,
    within: () => ({ beforeInsert: () => sleep(INSERT_PAUSE_MS) }),
    answer: unchanged,
    send: sendWhole
  }
} as const satisfies Record<string, Fault>

export type FaultName = keyof typeof FAULTS

export const FAULT_NAMES = Object.keys(FAULTS) as FaultName[]

/** Whether a fault takes a `field`. */
export function concernsFields(name: FaultName): boolean {
  return name === 'values_cut' || name === 'values_changed'
}

/** A call that doesn't fail. */
export const NO_FAULT: Fault = { isMade: true, answer: unchanged, send: sendWhole }

export function faultNamed(name: FaultName): Fault {
  return FAULTS[name]
}
