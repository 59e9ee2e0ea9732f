/**
 * Whether VICIdial can log a call: it writes the value of the last form field unescaped between apostrophes
 * (CONTRACT.md, "The last form field matters"). A doubled apostrophe stands for one, and a backslash escapes.
 *
 * @param lastFormValue see `RequestParameters.lastFormValue`
 */
export function canBeLogged(lastFormValue: string | undefined): boolean {
  return lastFormValue === undefined || /^(?:[^'\\]+|\\[\s\S]|'')*$/.test(lastFormValue)
}
