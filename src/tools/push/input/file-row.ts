import { hash } from 'node:crypto'
import type { Row } from './row.ts'

/** A row with its place among the rows of the input. */
export interface FileRow extends Row {
  /** From 0. */
  readonly index: number
}

export const HASH_BYTES = 8

/** A hash of a row's content, to find where a file has changed. */
export function hashOf({ value, fault, rawCells }: Row): Buffer {
  return hash('sha256', JSON.stringify([value, fault, rawCells]), 'buffer').subarray(0, HASH_BYTES)
}
