/** The names in a JSON Pointer. */
export function namesIn(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** A JSON Pointer as people write it: `callers[0].permissions`. */
export function placeOf(pointer: string): string {
  const names = namesIn(pointer)
  if (names.length === 0) return 'the file'
  return names
    .map((name, index) => {
      if (/^\d+$/.test(name)) return `[${name}]`
      if (!/^\w+$/.test(name)) return `[${JSON.stringify(name)}]`
      return index === 0 ? name : `.${name}`
    })
    .join('')
}
