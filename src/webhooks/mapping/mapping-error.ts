import type { MappingFault } from './mapping.ts'

/** A payload that its source's mapping cannot take. The message says where and why, and holds no value. */
export class MappingError extends Error {
  override readonly name = 'MappingError'
  /** Name of the source. */
  readonly source: string
  /** Name of the expression, like `fields.status`. */
  readonly expression: string
  /** Which item of the payload, from 0; undefined if it is not about one. */
  readonly item: number | undefined

  constructor(source: string, { expression, item, reason }: MappingFault) {
    const place = item === undefined ? '' : ` at item ${item}`
    super(`${source}: ${expression}${place} ${reason}.`)
    this.source = source
    this.expression = expression
    this.item = item
  }
}
