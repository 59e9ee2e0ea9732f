import { Problem, type RequestCode } from '../errors.ts'

/** A refusal for which VICIdial has words of its own: what stands after its `ERROR: `. */
export class VicidialProblem extends Problem {
  readonly words: string

  constructor(words: string, detail: string, code: RequestCode = 'invalid_request') {
    super(code, detail, { errors: [{ pointer: '', code, detail }] })
    this.name = 'WordedProblem'
    this.words = words
  }
}

/** A refusal of a parameter. */
export function refusal(detail: string, parameter: string): Problem {
  const errors = [{ pointer: `/${parameter}`, code: 'invalid_request', detail }]
  return new Problem('invalid_request', detail, { errors })
}
