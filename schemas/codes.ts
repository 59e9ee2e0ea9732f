import { Type } from 'typebox'
import { ERRORS, type ErrorCode, type RequestCode } from '../src/errors.ts'

const CODES = Object.keys(ERRORS) as ErrorCode[]

/** Every code of an error: of a request, of an update, or of one value. Text in this code: what is stored may be older. */
export const ErrorCodeSchema = Type.Unsafe<string>({
  enum: CODES,
  $id: 'ErrorCode',
  description: 'Stable name of the error; /problems/<code> explains it. A newer gateway may have more codes.'
})

/** The codes that a request can end with. */
export const ProblemCodeSchema = Type.Enum(
  CODES.filter((code): code is RequestCode => 'status' in ERRORS[code]),
  {
    $id: 'ProblemCode',
    description:
      'Stable name of the problem; /problems/<code> explains it. A newer gateway may have more codes.'
  }
)

/** Every named schema of this file, for registration. */
export const CODE_SCHEMAS = [ErrorCodeSchema, ProblemCodeSchema]
