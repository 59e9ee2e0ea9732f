import { readFileSync } from 'node:fs'
import { type Command, Option } from 'commander'
import type { GatewayClient, Problem } from '../../client/client.ts'
import { errorCode } from '../../error-code.ts'
import { CommandFailure } from './command-failure.ts'
import { plain } from './table.ts'

/** Flags added by `withConnection`. */
export interface ConnectionFlags {
  readonly url: string
  readonly keyFile?: string
}

const DEFAULT_URL = 'http://127.0.0.1:3000'

/** Adds the options for the gateway's URL and the caller's key. */
export function withConnection(command: Command): Command {
  return command
    .addOption(new Option('--url <url>', "the gateway's URL").env('GATEWAY_URL').default(DEFAULT_URL))
    .addOption(new Option('--key-file <file>', "a file with the caller's key (default: GATEWAY_KEY)"))
}

/**
 * Creates a client for the gateway of the flags. The key is never an argument, as other users could see it.
 * @throws CommanderError if there is no key, or the URL is invalid
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
    return process.env['GATEWAY_KEY'] ?? command.error('error: no key: set GATEWAY_KEY or use --key-file')
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    return command.error(`error: --key-file: can't read ${file} (${errorCode(error)})`)
  }
}

/** A response from the client. */
interface ClientResponse<T> {
  readonly data?: T
  readonly error?: unknown
  readonly response: Response
}

/**
 * The data of a response.
 * @param member a property of every such response; another server may also answer with JSON
 * @throws CommandFailure for a problem, for a response that is not a gateway's, or without a response
 */
export async function answerOf<T>(asked: Promise<ClientResponse<T>>, member: keyof T & string): Promise<T> {
  const { data, response } = await responseOf(asked)
  if (typeof data !== 'object' || data === null || !(member in data)) throw notFromGateway(response)
  return data
}

/**
 * The content of a response that is a file.
 * @throws CommandFailure for a problem, for a response that is not a gateway's, or without a response
 */
export async function contentOf(
  asked: Promise<ClientResponse<ReadableStream<Uint8Array> | null>>
): Promise<ReadableStream<Uint8Array>> {
  const { data, response } = await responseOf(asked)
  if (!response.ok || !data) throw notFromGateway(response)
  return data
}

/** @throws CommandFailure for a problem, or without a response */
async function responseOf<T>(asked: Promise<ClientResponse<T>>): Promise<ClientResponse<T>> {
  const answer = await asked.catch((fault: unknown) => {
    throw new CommandFailure(reasonOf(fault))
  })
  if (isProblem(answer.error)) throw new CommandFailure(describe(answer.error))
  return answer
}

function notFromGateway({ status }: Response): CommandFailure {
  return new CommandFailure(`HTTP ${status}, but not from a gateway. Is the URL right?`)
}

/** Why there is no response, without quoting it. Only an error of `fetch` has a cause. */
function reasonOf(fault: unknown): string {
  const cause = fault instanceof Error ? fault.cause : undefined
  if (!(cause instanceof Error)) return 'The response is not JSON, so not from a gateway. Is the URL right?'
  const reason = errorCode(cause) === 'unknown' ? cause.message : errorCode(cause)
  return `Can't reach the gateway (${reason}). Is it running at this URL?`
}

function isProblem(error: unknown): error is Problem {
  return typeof error === 'object' && error !== null && 'code' in error && 'detail' in error
}

function describe({ code, detail, errors = [], instance }: Problem): string {
  const details = errors.map((one) => `\n  ${plain(one.pointer)}  ${plain(one.code)}: ${plain(one.detail)}`)
  return `${plain(code)}: ${plain(detail)}${details.join('')}\n(request ${plain(instance)})`
}
