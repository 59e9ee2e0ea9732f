import { InvalidArgumentError } from 'commander'

const ESCAPED_TAB = '\\t'

/** Adds a mapping, `COLUMN=NAME`; the column may have a `=`. @throws InvalidArgumentError */
export function addMapping(
  text: string,
  known: Readonly<Record<string, string>> = {}
): Record<string, string> {
  return addPair(text, text.lastIndexOf('='), known)
}

/** Adds a setting, `NAME=VALUE`; the value may have a `=`. @throws InvalidArgumentError */
export function addSetting(
  text: string,
  known: Readonly<Record<string, string>> = {}
): Record<string, string> {
  return addPair(text, text.indexOf('='), known)
}

/** Adds a prefix to remove, `NAME=PREFIX`. @throws InvalidArgumentError */
export function addPrefix(
  text: string,
  known: Readonly<Record<string, readonly string[]>> = {}
): Record<string, readonly string[]> {
  const [[name, prefix] = ['', '']] = Object.entries(addSetting(text))
  // A longer prefix first: `+1` would take a part of `+1212`.
  const prefixes = [...(known[name] ?? []), prefix].toSorted((a, b) => b.length - a.length)
  return { ...known, [name]: prefixes }
}

function addPair(text: string, at: number, known: Readonly<Record<string, string>>): Record<string, string> {
  if (at < 1 || at === text.length - 1) throw new InvalidArgumentError('It must have the form NAME=VALUE.')
  return { ...known, [text.slice(0, at).trim()]: text.slice(at + 1).trim() }
}

/** Adds a name. */
export function addName(text: string, known: readonly string[] = []): string[] {
  return [...known, text]
}

/** Reads the delimiter of a CSV file. @throws InvalidArgumentError */
export function readDelimiter(text: string): string {
  const delimiter = text === ESCAPED_TAB ? '\t' : text
  if (delimiter.length !== 1 || /["\r\n]/.test(delimiter))
    throw new InvalidArgumentError('It must be one character.')
  return delimiter
}

/** Reads a priority of the hopper. @throws InvalidArgumentError */
export function readPriority(text: string): number {
  if (/^-?\d{1,2}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It must be a whole number from -99 to 99.')
}

/** Reads the share of rows to verify. @throws InvalidArgumentError */
export function readShare(text: string): number {
  const share = /^(?:0?\.\d{1,6}|1)$/.test(text) ? Number(text) : Number.NaN
  if (share > 0) return share
  throw new InvalidArgumentError(
    'It must be a share of the rows, such as 0.01; without one, every row is verified.'
  )
}
