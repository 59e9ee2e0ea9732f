import { MIMEType } from 'node:util'

/** What a Content-Type header says. */
export interface ContentType {
  /** In lower case, without parameters: `application/json`. */
  readonly mediaType: string
  /** Whether the text can be read as UTF-8, which is also the default. */
  readonly isUtf8: boolean
}

/** In characters. Node reads white space between parameters in quadratic time. */
const MAX_LENGTH = 1_000
const UTF8_CHARSETS: ReadonlySet<string> = new Set(['utf-8', 'utf8', 'us-ascii'])

/** What almost every request says. */
const JSON_TYPE: ContentType = { mediaType: 'application/json', isUtf8: true }

/** Reads a Content-Type header; undefined if it is absent, malformed, or longer than any real one. */
export function readContentType(header: string | undefined): ContentType | undefined {
  if (header === JSON_TYPE.mediaType) return JSON_TYPE
  if (header === undefined || header.length > MAX_LENGTH) return undefined
  let type: MIMEType
  try {
    type = new MIMEType(header)
  } catch {
    return undefined
  }
  const charset = type.params.get('charset') ?? 'utf-8'
  return { mediaType: type.essence, isUtf8: UTF8_CHARSETS.has(charset.toLowerCase()) }
}
