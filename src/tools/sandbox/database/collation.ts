/**
 * The form of a text that the database compares: without case, accents, width and trailing spaces. Two texts of one
 * form are equal in a WHERE clause, even if VICIdial's own code distinguishes them later.
 */
export function collate(text: string): string {
  const folded = isAscii(text) ? text : text.normalize('NFKD').replace(/\p{M}/gu, '')
  return folded.toUpperCase().replace(/(?<! ) +$/, '')
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) > 127) return false
  }
  return true
}
