/** An argument in quotes for a shell. */
export function quoted(argument: string): string {
  return /["$`\\!]/.test(argument) ? `'${argument.replaceAll("'", String.raw`'\''`)}'` : `"${argument}"`
}
