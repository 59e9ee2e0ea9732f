/** What a terminal would take for an instruction. */
const CONTROL = /\p{Cc}/gu
const GAP = '  '

/**
 * Text of rows in columns, each as wide as its widest cell.
 * @param head a name for each column
 */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const lines = [head, ...rows].map((row) => row.map(plain))
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  const padded = lines.map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)))
  return padded.map((line) => line.join(GAP).trimEnd()).join('\n')
}

/** A value as a terminal may show it: it may be of a sender's making. */
export function plain(value: string | number): string {
  return String(value).replace(CONTROL, '\u{fffd}')
}
