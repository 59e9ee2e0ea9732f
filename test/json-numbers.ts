import fc from 'fast-check'

const digits = fc.stringMatching(/^\d{1,25}$/)
const whole = fc.stringMatching(/^(?:0|[1-9]\d{0,24})$/)
const exponent = fc.tuple(
  fc.constantFrom('e', 'E'),
  fc.constantFrom('', '+', '-'),
  fc.integer({ max: 400, min: 0 })
)
/** Every spelling of a JSON number. */
export const numberText = fc
  .tuple(fc.constantFrom('', '-'), whole, fc.option(digits), fc.option(exponent))
  .map(([sign, integer, fraction, power]) =>
    [sign, integer, fraction === null ? '' : `.${fraction}`, power === null ? '' : power.join('')].join('')
  )

/** A decimal number as a whole number of 10^-SCALE. */
const SCALE = 800n
export function scaled(text: string): bigint {
  const [, sign = '', integer = '', fraction = '', power = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]\+?(-?\d+))?$/.exec(text) ?? []
  const shift = SCALE + BigInt(power) - BigInt(fraction.length)
  return BigInt(sign + integer + fraction) * 10n ** shift
}

/** Whether a stored text is a number of JSON as it was written, or another text of the same number. */
export function isSameNumber(stored: string, written: string): boolean {
  // VICIdial keeps no plus sign, and an exponent means the same without it.
  return stored === written.replace('+', '') || scaled(stored) === scaled(written)
}
