import { SOURCE } from '../vicidial/wire.ts'
import { VicidialProblem } from './problem.ts'

const LONGEST_SOURCE = 20

/**
 * Reads `source` as VICIdial does: drops everything except letters and digits, and cuts what is too long.
 * @throws VicidialProblem if too little is left
 */
export function readSource(given: string | undefined): string | undefined {
  if (given === undefined) return undefined
  const source = given.replaceAll(/[^0-9A-Za-z]/g, '').slice(0, LONGEST_SOURCE)
  if (SOURCE.test(source)) return source
  throw new VicidialProblem('Invalid Source', 'source must have at least 2 letters and digits.')
}
