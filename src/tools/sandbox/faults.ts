import type { ServerResponse } from 'node:http'
import type { ApiAnswer } from './non-agent-api.ts'
import { closeConnection, leaveOpen, resetConnection, sendCut, sendWhole } from './sending.ts'

/** An HTTP answer of a server that may not be VICIdial. */
export interface HttpAnswer {
  readonly status: number
  readonly text: string
}

/** What an answer can be made of. */
export interface FaultMaterial {
  /** The API's own answer; an empty text if the call was not carried out. */
  readonly answer: ApiAnswer
  readonly refusal: (kind: 'BAD' | 'LOCK') => string
}

interface Fault {
  /** Whether the call is carried out. */
  readonly isMade: boolean
  readonly answer: (material: FaultMaterial) => HttpAnswer
  /** @returns the HTTP status that was sent, 0 for none */
  readonly send: (response: ServerResponse, answer: HttpAnswer) => number
}

const PROXY_PAGE = `<!DOCTYPE html>
<html><head><title>502 Proxy Error</title></head>
<body><h1>Proxy Error</h1><p>The proxy server received an invalid response from an upstream server.</p></body></html>
`

const asMade = ({ answer }: FaultMaterial): HttpAnswer => answer
const cutInTheMiddle = (text: string): string => text.slice(0, Math.floor(text.length / 2))

/** The ways in which a call can be made to fail. */
const FAULTS = {
  refuse: { isMade: false, answer: asMade, send: closeConnection },
  reset_before: { isMade: false, answer: asMade, send: resetConnection },
  reset_after: { isMade: true, answer: asMade, send: resetConnection },
  hang: { isMade: false, answer: asMade, send: leaveOpen },
  hang_after: { isMade: true, answer: asMade, send: leaveOpen },
  '500': { isMade: false, answer: () => ({ status: 500, text: '' }), send: sendWhole },
  '500_after_success': {
    isMade: true,
    answer: ({ answer }) => ({ ...answer, status: 500 }),
    send: sendWhole
  },
  html: { isMade: false, answer: () => ({ status: 200, text: PROXY_PAGE }), send: sendWhole },
  truncate: { isMade: true, answer: asMade, send: sendCut },
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
  }
} as const satisfies Record<string, Fault>

export type FaultName = keyof typeof FAULTS

export const FAULT_NAMES = Object.keys(FAULTS) as FaultName[]

/** How a call goes that has no fault. */
export const NO_FAULT: Fault = { isMade: true, answer: asMade, send: sendWhole }

export function faultNamed(name: FaultName): Fault {
  return FAULTS[name]
}
