const NUMBER = /^\s*[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?\s*$/i

/**
 * The form of a key under which VICIdial counts it: two texts that are numbers are one key if the numbers are
 * equal (`1001` and `01001`), others only if they are the same text, letter case included. PHP's `==` does this.
 */
export function looseKey(text: string): string {
  return NUMBER.test(text) && Number.isSafeInteger(Math.trunc(Number(text)))
    ? `number ${Number(text)}`
    : `text ${text}`
}
