import { parseArgs } from 'node:util'

export const USAGE = `Tries a webhook payload offline: nothing is sent, and no VICIdial is needed.

npm run webhook -- try SOURCE FILE [options]
  SOURCE                a name of webhooks in the file of GATEWAY_CONFIG
  FILE                  a request body, as the sender sends it; - for standard input
  --content-type TYPE   default by FILE's extension: .json, .form (a form), .txt
  --header 'NAME: VALUE'  a header of the request, for the event's id; may be repeated
  --help

Reads GATEWAY_CONFIG and VICIDIAL_NON_LATIN. The sender's credential or signature is not asked for.
Ends with 0 if every update is sound, 1 if one or the payload is refused, 2 if it could not be tried.
`

export interface TryOptions {
  readonly source: string
  readonly file: string
  readonly contentType: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
}

/** The arguments do not say what to try. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

const TYPES: readonly (readonly [extension: RegExp, type: string])[] = [
  [/\.json$/i, 'application/json'],
  [/\.form$/i, 'application/x-www-form-urlencoded'],
  [/\.txt$/i, 'text/plain']
]

/**
 * Reads the arguments after the script's name.
 * @throws UsageError
 */
export function readCommandLine(args: readonly string[]): TryOptions | 'help' {
  const { values, positionals } = parse(args)
  if (values.help === true) return 'help'
  const [command, source, file, ...more] = positionals
  if (command !== 'try' || source === undefined || file === undefined || more.length > 0)
    throw new UsageError('What to try is missing: try SOURCE FILE.')
  const contentType = values['content-type'] ?? TYPES.find(([extension]) => extension.test(file))?.[1]
  if (contentType === undefined)
    throw new UsageError(`What ${file} holds cannot be told from its name: give --content-type.`)
  return { source, file, contentType, headers: Object.fromEntries((values.header ?? []).map(readHeader)) }
}

function parse(args: readonly string[]) {
  const options = {
    'content-type': { type: 'string' },
    header: { type: 'string', multiple: true },
    help: { type: 'boolean' }
  } as const
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: true })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function readHeader(text: string): [name: string, value: string] {
  const at = text.indexOf(':')
  if (at < 1) throw new UsageError("--header: write it as 'NAME: VALUE'.")
  return [text.slice(0, at).trim().toLowerCase(), text.slice(at + 1).trim()]
}
