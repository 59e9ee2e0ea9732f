/** The PHP that runs VICIdial: 7 is 7.4 with PCRE 10.36, 8 is 8.2 with PCRE 10.42. */
export type Php = 7 | 8

/**
 * Letters of Node's Unicode that PCRE does not know, as ranges of code points. Found by asking each PHP whether
 * `/^\p{L}$/u` matches each code point that matches it in Node 24 (Unicode 17).
 */
const UNKNOWN_TO_BOTH = `
  88f c5c cdc 1c89-1c8a a7cb-a7cf a7d2 a7d4 a7da-a7dc a7f1 105c0-105f3 10940-10959 10d4a-10d65
  10d6f-10d85 10ec2-10ec7 1123f-11240 11380-11389 1138b 1138e 11390-113b5 113b7 113d1 113d3
  11bc0-11be0 11db0-11ddb 11f02 11f04-11f10 11f12-11f33 1342f 13441-13446 13460-143fa 16100-1611d
  16d40-16d6c 16ea0-16eb8 16ebb-16ed3 16ff2-16ff3 187f8-187ff 18cff 18d09-18d1e 18d80-18df2 1b132
  1b155 1df25-1df2a 1e030-1e06d 1e4d0-1e4eb 1e5d0-1e5ed 1e5f0 1e6c0-1e6de 1e6e0-1e6e2 1e6e4-1e6e5
  1e6e7-1e6ed 1e6f0-1e6f4 1e6fe-1e6ff 2b739-2b73f 2cea2-2cead 2ebf0-2ee5d 31350-33479
`
const UNKNOWN_TO_PHP_7 = `
  870-887 889-88e 8b5 8c8-8c9 c5d cdd 170d 171f 1b4c 2c2f 2c5f 9ffd-9fff a7c0-a7c1 a7d0-a7d1 a7d3
  a7d5-a7d9 a7f2-a7f4 10570-1057a 1057c-1058a 1058c-10592 10594-10595 10597-105a1 105a3-105b1
  105b3-105b9 105bb-105bc 10780-10785 10787-107b0 107b2-107ba 10f70-10f81 11071-11072 11075
  11740-11746 11ab0-11abf 12f90-12ff0 16a70-16abe 1aff0-1aff3 1aff5-1affb 1affd-1affe 1b11f-1b122
  1df00-1df1e 1e290-1e2ad 1e7e0-1e7e6 1e7e8-1e7eb 1e7ed-1e7ee 1e7f0-1e7fe 2a6de-2a6df 2b735-2b738
`

function lettersOf(ranges: string): RegExp {
  const classes = ranges
    .trim()
    .split(/\s+/)
    .map((range) => range.replace(/[0-9a-f]+/g, '\\u{$&}'))
  return new RegExp(`[${classes.join('')}]`, 'gu')
}

/** The letters that this PHP does not count as letters, and so drops. */
export const UNKNOWN_LETTERS: Readonly<Record<Php, RegExp>> = {
  7: lettersOf(UNKNOWN_TO_BOTH + UNKNOWN_TO_PHP_7),
  8: lettersOf(UNKNOWN_TO_BOTH)
}
