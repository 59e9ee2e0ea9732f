import { InvalidArgumentError } from 'commander'

/**
 * Makes a parser for an option that is a number.
 * @param shape the pattern of valid text
 * @param what the same in words, for the error message
 * @throws InvalidArgumentError
 */
export function numberOption(shape: RegExp, what: string, max = Number.MAX_SAFE_INTEGER) {
  return (text: string): number => {
    if (!shape.test(text) || Number(text) > max) throw new InvalidArgumentError(`It must be ${what}.`)
    return Number(text)
  }
}

/** Reads a TCP port. 0 means any free one. */
export const readPort = numberOption(/^\d+$/, 'a port from 0 to 65535', 65_535)
