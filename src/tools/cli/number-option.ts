import { InvalidArgumentError } from 'commander'

/**
 * Reads an option that is a number.
 * @param shape how it is written
 * @param what the same in words
 * @throws InvalidArgumentError
 */
export function numberOption(shape: RegExp, what: string, greatest = Number.MAX_SAFE_INTEGER) {
  return (text: string): number => {
    if (!shape.test(text) || Number(text) > greatest) throw new InvalidArgumentError(`It must be ${what}.`)
    return Number(text)
  }
}

/** Reads a TCP port; 0 is any free one. */
export const readPort = numberOption(/^\d+$/, 'a port from 0 to 65535', 65_535)
