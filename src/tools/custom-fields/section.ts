import { isUsableLabel } from '../../config/read-custom-fields.ts'
import { CUSTOM_FIELD_TYPES, type CustomField, ownMaxLength } from '../../leads/cleaning/custom-field.ts'
import type { ListedCustomFields } from '../../vicidial/reply/listed-custom-fields.ts'

/** The section `custom_fields` of the gateway file, and what is left to do about it. */
export interface Section {
  readonly yaml: string
  /** Labels that have no type yet. */
  readonly untyped: readonly string[]
  /** Labels that the gateway never accepts. */
  readonly leftOut: readonly string[]
}

/** What VICIdial suggests; the field itself may be shorter. */
const USUAL_LENGTH = 255
const LINE_LENGTH = 100

/**
 * Writes the section for the custom fields of some lists. What the gateway file says of a field already is kept; of the
 * others VICIdial lists only the names, so their types are left as a comment to complete.
 * @param known the custom fields of the gateway file
 */
export function customFieldsSection(
  lists: readonly ListedCustomFields[],
  known: ReadonlyMap<string, CustomField>
): Section {
  const labels = [...new Set(lists.flatMap((list) => list.labels))]
  const usable = labels.filter(isUsableLabel)
  const entries = usable.map((label) => entryOf(label, known.get(label), listsOf(label, lists)))
  const yaml = [
    ...lists.map(({ list, name, labels: { length } }) => `# List ${list} (${plain(name)}): ${count(length)}`),
    ...comment(
      'VICIdial lists only the names. Complete each field as its page has it (Lists, Custom Fields): type, options, ' +
        `max_length (Field Max). Types: ${CUSTOM_FIELD_TYPES.join(', ')}.`
    ),
    entries.length > 0 ? 'custom_fields:' : 'custom_fields: []',
    ...entries
  ].join('\n')
  return {
    yaml,
    untyped: usable.filter((label) => known.get(label)?.type === undefined),
    leftOut: labels.filter((label) => !usable.includes(label)).map(plain)
  }
}

/** The lists that have a field, unless all have it. */
function listsOf(label: string, lists: readonly ListedCustomFields[]): string {
  const having = lists.filter(({ labels }) => labels.includes(label))
  return having.length === lists.length ? '' : ` # only in ${having.map(({ list }) => list).join(', ')}`
}

function entryOf(label: string, field: CustomField | undefined, note: string): string {
  const lines = [`  - label: ${label}${note}`]
  if (field?.type === undefined) lines.push('    # type: TEXT', '    # options: [first, second]')
  else lines.push(`    type: ${field.type}`)
  if (field?.options) lines.push(`    options: ${JSON.stringify([...field.options])}`)
  if (field === undefined)
    lines.push(`    max_length: ${USUAL_LENGTH} # a guess: VICIdial cuts what is longer than Field Max`)
  else if (field.maxLength !== ownMaxLength(field)) lines.push(`    max_length: ${field.maxLength}`)
  return lines.join('\n')
}

function count(fields: number): string {
  return `${fields} custom field${fields === 1 ? '' : 's'}`
}

/** A text as lines of a comment. */
function comment(text: string): string[] {
  const lines: string[] = []
  let line = '#'
  for (const word of text.split(' ')) {
    if (line.length + word.length >= LINE_LENGTH) {
      lines.push(line)
      line = '#'
    }
    line += ` ${word}`
  }
  return [...lines, line]
}

/** A text of VICIdial's within a comment. */
function plain(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '\u{fffd}')
}
