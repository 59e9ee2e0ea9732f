import { Type } from 'typebox'
import { address } from '../../src/ops/page.ts'
import { counted } from '../../src/ops/times.ts'

/** The content type of every page. */
export const HTML_TYPE = 'text/html; charset=utf-8'

/** A search field; forms send it as an empty text if it isn't filled in. */
export const Text = Type.Optional(Type.String({ maxLength: 200 }))

const Count = Type.Optional(Type.String({ pattern: '^[0-9]{1,8}$' }))

/** What a replay did, for the page that follows it. */
export const DoneSchema = { replayed: Count, remaining: Count, refused: Count }

/** The address of a page that says what a replay did. */
export function withDone(
  path: string,
  done: { readonly replayed: number; readonly remaining: number; readonly refused?: number }
): string {
  const { replayed, remaining, refused = 0 } = done
  return address(path, {
    replayed: String(replayed),
    remaining: remaining > 0 ? String(remaining) : '',
    refused: refused > 0 ? String(refused) : ''
  })
}

/** What a replay did, in sentences. */
export function doneSentences({
  replayed,
  remaining,
  refused
}: Partial<Record<keyof typeof DoneSchema, string>>): string[] {
  return [
    ...(replayed === undefined ? [] : [`Replayed ${counted(Number(replayed), 'update')}.`]),
    ...(remaining === undefined ? [] : [`No room for ${remaining} more: replay again later.`]),
    ...(refused === undefined ? [] : [`Not replayed, as their account is no longer configured: ${refused}.`])
  ]
}
