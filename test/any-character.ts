import fc from 'fast-check'

const SURROGATES = { first: 0xd800, count: 0x800 }
const LAST = 0x10_ffff

/**
 * Any character, as fast-check's own unit `binary`, for which it first makes a table of all 1.1 million: that takes a
 * second.
 */
export const anyCharacter = fc.nat({ max: LAST - SURROGATES.count }).map(
  (n) => String.fromCodePoint(n < SURROGATES.first ? n : n + SURROGATES.count),
  (text) => {
    const code = typeof text === 'string' ? text.codePointAt(0) : undefined
    if (code === undefined || String.fromCodePoint(code) !== text) throw new Error('not one character')
    if (code >= SURROGATES.first && code < SURROGATES.first + SURROGATES.count) throw new Error('half of one')
    return code < SURROGATES.first ? code : code - SURROGATES.count
  }
)
