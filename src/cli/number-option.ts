import { InvalidArgumentError } from 'commander'

/**
 * Reads an option that is a number.
 * @param shape how it is written
 * @throws InvalidArgumentError
 */
export function numberOption(shape: RegExp, greatest = Number.MAX_SAFE_INTEGER) {
  return (text: string): number => {
    if (!shape.test(text) || Number(text) > greatest) throw new InvalidArgumentError('It is not possible.')
    return Number(text)
  }
}

/** Reads a TCP port; 0 is any free one. */
export const readPort = numberOption(/^\d+$/, 65_535)
