/** Longest quote, in characters. */
const MAX_WORDS = 120
/** The part of a reply that is looked at, in characters: VICIdial's errors are in its first lines. */
const MAX_LOOKED_AT = 10_000
/** A line that is no success, or the title of an error page of a server before VICIdial. */
const LINE = /^(?:ERROR|NOTICE): *(.*)|<title>([^<]*)/im
/** VICIdial's messages are words. What follows other characters, or a dash, may be echoed from the call. */
const WORDS = /^[\w ,.'()/-]+/
const ECHO = ' - '

/**
 * What a reply says that is no success, in VICIdial's own words, for operators: the words of its first error, up to what it
 * may echo from the call. Undefined if it says nothing, or if it may have the password in any spelling.
 * @param text hostile, as every reply
 */
export function quotedWords(text: string, password: string): string | undefined {
  const [, message, title] = LINE.exec(text.slice(0, MAX_LOOKED_AT)) ?? []
  // VICIdial echoes the call after the first pipe, the password too.
  const [line = ''] = (message ?? title ?? '').split('|', 1)
  if (mayHave(line, password)) return undefined
  const [words = ''] = (WORDS.exec(line.trim())?.[0] ?? '').slice(0, MAX_WORDS).split(ECHO)
  return words.trim() || undefined
}

/** Whether a line may have the password, however it is encoded, or with characters left out. */
function mayHave(line: string, password: string): boolean {
  const plain = lettersOf(line)
  return [password, encodeURIComponent(password)]
    .map(lettersOf)
    .some((letters) => letters !== '' && plain.includes(letters))
}

function lettersOf(text: string): string {
  return text.replace(/[^a-z0-9]/gi, '').toLowerCase()
}
