/** Control characters, which a terminal could take as instructions. */
const CONTROL = /\p{Cc}/gu
const GAP = '  '

/**
 * Rows as text in columns, each as wide as its widest cell.
 * @param head the name of each column
 */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const lines = [head, ...rows].map((row) => row.map(plain))
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  const padded = lines.map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)))
  return padded.map((line) => line.join(GAP).trimEnd()).join('\n')
}

/** A value that is safe to show on a terminal, as it may come from a sender. */
export function plain(value: string | number): string {
  return String(value).replace(CONTROL, '\u{fffd}')
}
