import { type Command, InvalidArgumentError } from 'commander'

/** Flags added by `withPages`. */
export interface PageFlags {
  readonly limit: number
  readonly all?: true
}

const DEFAULT_LIMIT = 50
const MAX_PAGE = 100

/** Adds the options for the length of a list. */
export function withPages(command: Command): Command {
  return command
    .option('--limit <n>', 'maximum number to show', readLimit, DEFAULT_LIMIT)
    .option('--all', 'show all')
}

/**
 * Fetches pages of a list, up to the limit of the flags.
 * @param ask fetches a page of at most `limit` items, starting at `cursor`
 * @returns the items, and whether there are more
 */
export async function pages<Item>(
  { limit, all }: PageFlags,
  ask: (page: {
    limit: string
    cursor?: string
  }) => Promise<{ items: readonly Item[]; next: string | undefined }>
): Promise<{ items: Item[]; more: boolean }> {
  const items: Item[] = []
  let cursor: string | undefined
  for (;;) {
    const wanted = all ? MAX_PAGE : Math.min(limit - items.length, MAX_PAGE)
    const page = await ask({ limit: String(wanted), ...(cursor === undefined ? {} : { cursor }) })
    items.push(...page.items)
    cursor = page.next
    if (cursor === undefined || (!all && items.length >= limit)) return { items, more: cursor !== undefined }
  }
}

function readLimit(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number of at least 1.')
  return Number(text)
}
