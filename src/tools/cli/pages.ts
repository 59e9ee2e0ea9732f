import { type Command, InvalidArgumentError } from 'commander'

/** What `withPages` adds to the flags of a command. */
export interface PageFlags {
  readonly limit: number
  readonly all?: true
}

const DEFAULT_LIMIT = 50
const LONGEST_PAGE = 100

/** Adds the options that say how much of a list is wanted. */
export function withPages(command: Command): Command {
  return command
    .option('--limit <n>', 'at most so many', readLimit, DEFAULT_LIMIT)
    .option('--all', 'all, however many there are')
}

/**
 * Follows the pages of a list for as far as the flags say.
 * @param ask gets a page: at most `limit` items, from `cursor` on
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
    const wanted = all ? LONGEST_PAGE : Math.min(limit - items.length, LONGEST_PAGE)
    const page = await ask({ limit: String(wanted), ...(cursor === undefined ? {} : { cursor }) })
    items.push(...page.items)
    cursor = page.next
    if (cursor === undefined || (!all && items.length >= limit)) return { items, more: cursor !== undefined }
  }
}

function readLimit(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1 on.')
  return Number(text)
}
