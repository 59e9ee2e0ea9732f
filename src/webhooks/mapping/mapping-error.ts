import { echo, type PointedRefusal, pointer, type Warning } from '../../leads/refusal.ts'
import type { MappingFault } from './mapped-payload.ts'

/** A payload that its endpoint's mapping cannot take. The message says where and why, and quotes no value. */
export class MappingError extends Error {
  override readonly name = 'MappingError'
  /** The name of the expression that failed. */
  readonly expression: string

  constructor(endpoint: string, { expression, item, reason }: MappingFault) {
    const position = item === undefined ? '' : ` at event ${item}`
    super(`${endpoint}: ${expression}${position} ${reason}.`)
    this.expression = expression
  }
}

/**
 * The refusal of an event that failed.
 * @param index of its update
 * @param text the expression, which the operator wrote
 */
export function eventRefusal(
  endpoint: string,
  index: number,
  fault: MappingFault,
  text: string
): PointedRefusal {
  const detail = `${new MappingError(endpoint, fault).message} The expression is: ${echo(text)}`
  const [group = '', ...rest] = fault.expression.split('.')
  const name = rest.join('.')
  const path = { fields: ['fields', name], custom_fields: ['custom_fields', name], lead: [name] }[group] ?? []
  const field = group === 'custom_fields' ? fault.expression : name
  return {
    code: 'field_invalid',
    ...(path.length > 0 && { field }),
    detail,
    pointer: pointer('updates', index, ...path)
  }
}

/** The warning for a field that was left out because of a refusal: there is no value that could have been sent. */
export function droppedWarning({ code, field = '', detail }: PointedRefusal): Warning {
  return { field, code: 'field_dropped', sent: '', refusal: code, detail }
}
