import { LABEL_PATTERN } from '../../config/patterns.ts'
import { RESERVED_PARAMETERS } from '../../vicidial/reserved-parameters.ts'

const LABEL = new RegExp(LABEL_PATTERN)

/** Whether the gateway accepts a custom field of this label. */
export function isUsableLabel(label: string): boolean {
  return LABEL.test(label) && !RESERVED_PARAMETERS.has(label)
}
