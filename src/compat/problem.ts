import { Problem, type RequestCode } from '../errors.ts'

/** A refusal that VICIdial has its own words for: the text after its `ERROR: `. */
export class VicidialProblem extends Problem {
  readonly words: string

  constructor(words: string, detail: string, code: RequestCode = 'invalid_request') {
    super(code, detail, { errors: [{ pointer: '', code, detail }] })
    this.name = 'VicidialProblem'
    this.words = words
  }
}

/** A refusal of one parameter. */
export function refusal(detail: string, parameter: string): Problem {
  const errors = [{ pointer: `/${parameter}`, code: 'invalid_request', detail }]
  return new Problem('invalid_request', detail, { errors })
}
