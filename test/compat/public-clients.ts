import type { Answer } from '../helper.ts'
import { ask, FORM, PATH } from './calls.ts'

type Fields = Readonly<Record<string, string>>

/** A client of VICIdial's API as found in public: how it writes a call, and how it takes the reply for a success. */
export interface PublicClient {
  readonly name: string
  readonly send: (gateway: { origin: string }, login: Login, call: Fields) => Promise<Answer>
  readonly isSuccess: (answer: Answer) => boolean
}

interface Login {
  readonly user: string
  readonly pass: string
}

const get = (gateway: { origin: string }, path: string, parameters: Fields) =>
  ask(gateway, 'GET', `${path}?${new URLSearchParams(parameters).toString()}`)
const textOf = ({ body }: Answer): string => (typeof body === 'string' ? body : JSON.stringify(body))

/** A PHP wrapper: joins its host's address, which ends with a slash, with the path. */
const phpWrapper: PublicClient = {
  name: 'a PHP wrapper',
  send: (gateway, { user, pass }, call) =>
    get(gateway, `/${PATH}`, { source: 'wrapper', user, pass, ...call }),
  isSuccess: (answer) => answer.status < 400 && !textOf(answer).includes('ERROR')
}

/** A typed client for Node: names options at their defaults, and reads the whole text with one pattern for one line. */
const typedClient: PublicClient = {
  name: 'a typed client for Node',
  send: (gateway, { user, pass }, call) =>
    get(gateway, PATH, { user, pass, source: 'typed', ...call, archived_lead: 'N', list_exists_check: 'Y' }),
  isSuccess: (answer) => {
    if (answer.status >= 300) return false
    const [, type] = /^(SUCCESS|ERROR|NOTICE):\s+(.*)$/.exec(textOf(answer).trim()) ?? []
    return type !== 'ERROR'
  }
}

/** A script that updates from a CSV file: every option stands in each call. */
const csvScript: PublicClient = {
  name: 'a CSV script',
  send: (gateway, { user, pass }, call) =>
    get(gateway, PATH, {
      ...{ source: 'CSV_UPD', user, pass, search_location: 'SYSTEM', insert_if_not_found: 'N' },
      ...{ update_phone_number: 'N', add_to_hopper: 'N', hopper_priority: '99', DB: '0' },
      ...call
    }),
  isSuccess: (answer) => answer.status < 400 && !/error:/i.test(textOf(answer))
}

/** A voice agent in Python: asks for a text, and trusts how it begins. */
const voiceAgent: PublicClient = {
  name: 'a voice agent in Python',
  send: (gateway, { user, pass }, call) =>
    get(gateway, PATH, { source: 'ai_agent', user, pass, ...call, format: 'text' }),
  isSuccess: (answer) => answer.status === 200 && textOf(answer).trim().startsWith('SUCCESS')
}

/** A PHP application: a form with the list that it believes the lead in, and a search for one word. */
const application: PublicClient = {
  name: 'an application in PHP',
  send: (gateway, { user, pass }, call) => {
    const list = call['function'] === 'update_lead' ? { list_id: '101' } : {}
    const parameters = { source: 'brain-sync', user, pass, ...list, ...call }
    return ask(gateway, 'POST', PATH, new URLSearchParams(parameters).toString(), FORM)
  },
  isSuccess: (answer) => answer.status === 200 && /success/i.test(textOf(answer))
}

/** A script that takes a notice for a success too. */
const lenientScript: PublicClient = {
  name: 'a lenient script',
  send: (gateway, { user, pass }, call) => get(gateway, PATH, { source: 'test', user, pass, ...call }),
  isSuccess: (answer) => /SUCCESS|NOTICE/.test(textOf(answer))
}

/** A script that reads line by line. */
const lineReader: PublicClient = {
  ...lenientScript,
  name: 'a reader of lines',
  isSuccess: (answer) => {
    const types = textOf(answer)
      .trimEnd()
      .split('\n')
      .map((line) => line.split(':')[0])
    return types.includes('SUCCESS') && !types.includes('ERROR')
  }
}

export const PUBLIC_CLIENTS = [
  ...[phpWrapper, typedClient, csvScript, voiceAgent, application],
  ...[lenientScript, lineReader]
]
