import { readFileSync } from 'node:fs'
import { type Command, Option } from 'commander'
import type { GatewayClient, Problem } from '../../client/client.ts'
import { errorCode } from '../../error-code.ts'
import { CommandFailure } from './command-failure.ts'
import { plain } from './table.ts'

/** What `withConnection` adds to the flags of a command. */
export interface ConnectionFlags {
  readonly url: string
  readonly keyFile?: string
}

const DEFAULT_URL = 'http://127.0.0.1:3000'

/** Adds the options that say where the gateway is and which key it is to be asked with. */
export function withConnection(command: Command): Command {
  return command
    .addOption(new Option('--url <url>', 'where the gateway is').env('GATEWAY_URL').default(DEFAULT_URL))
    .addOption(new Option('--key-file <file>', "a file that holds the caller's key; without it GATEWAY_KEY"))
}

/**
 * A client for the gateway that the flags name. The key is never an argument: other users of a machine see those.
 * @throws CommanderError if there is no key, or the address is none
 */
export async function connect({ url, keyFile }: ConnectionFlags, command: Command): Promise<GatewayClient> {
  const { createClient } = await import('../../client/client.ts')
  const key = readKey(keyFile, command)
  try {
    return createClient({ url, key })
  } catch (error) {
    return command.error(`error: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function readKey(file: string | undefined, command: Command): string {
  if (file === undefined)
    return process.env['GATEWAY_KEY'] ?? command.error('error: no key: set GATEWAY_KEY, or give --key-file')
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    return command.error(`error: --key-file: ${file} cannot be read (${errorCode(error)})`)
  }
}

/** What the client resolves to. */
interface Answered<T> {
  readonly data?: T
  readonly error?: unknown
  readonly response: Response
}

/**
 * The gateway's answer.
 * @param member what every such answer has; another server may answer with JSON, too
 * @throws CommandFailure if it is a problem, none of a gateway's, or none at all
 */
export async function answerOf<T>(asked: Promise<Answered<T>>, member: keyof T & string): Promise<T> {
  const { data, error, response } = await asked.catch((fault: unknown) => {
    throw new CommandFailure(reasonOf(fault))
  })
  if (isProblem(error)) throw new CommandFailure(describe(error))
  if (typeof data !== 'object' || data === null || !(member in data))
    throw new CommandFailure(`HTTP ${response.status}, and not from a gateway. Is the address right?`)
  return data
}

/** Why there is no answer, without a word of what was answered: only a failure of `fetch` has a cause. */
function reasonOf(fault: unknown): string {
  const cause = fault instanceof Error ? fault.cause : undefined
  if (!(cause instanceof Error)) return 'The answer is no JSON, and not from a gateway. Is the address right?'
  const reason = errorCode(cause) === 'unknown' ? cause.message : errorCode(cause)
  return `The gateway cannot be reached (${reason}). Does it run at this address?`
}

function isProblem(error: unknown): error is Problem {
  return typeof error === 'object' && error !== null && 'code' in error && 'detail' in error
}

function describe({ code, detail, errors = [], instance }: Problem): string {
  const places = errors.map((one) => `\n  ${plain(one.pointer)}  ${plain(one.code)}: ${plain(one.detail)}`)
  return `${plain(code)}: ${plain(detail)}${places.join('')}\n(request ${plain(instance)})`
}
