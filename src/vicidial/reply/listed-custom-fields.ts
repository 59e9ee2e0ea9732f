/** A list and its custom fields, as `list_custom_fields` has them. */
export interface ListedCustomFields {
  readonly list: string
  readonly name: string
  /** In the order of the list's custom table. */
  readonly labels: readonly string[]
}

/** List id, name, campaign, active, changed, last call, labels. */
const COLUMNS = 7

/**
 * Reads the reply to `list_custom_fields` in the format `tab`: a line for each list, its labels with spaces between. Lines
 * of another form are left out. VICIdial does not report types: it prints the columns of the custom table by name.
 */
export function readListedCustomFields(text: string): ListedCustomFields[] {
  return text.split('\n').flatMap((line) => {
    const cells = line.split('\t')
    const [list = '', name = ''] = cells
    if (cells.length !== COLUMNS || !/^\d+$/.test(list)) return []
    const labels = (cells.at(-1) ?? '').split(' ').filter((label) => label !== '')
    return [{ list, name, labels }]
  })
}
