import { DEFAULT_ACCOUNT, userName } from '../vicidial/account.ts'
import { RESERVED_PARAMETERS } from '../vicidial/reserved-parameters.ts'
import type { Listed, NoteFault } from './config-error.ts'
import type { Lists } from './gateway-file-schema.ts'
import { placeOf } from './pointer.ts'
import type { Sections } from './sections.ts'

/** Notes names that are used twice, or that refer to nothing. */
export function checkNames(sections: Sections, note: NoteFault): void {
  const accounts = sections.texts('accounts', 'name')
  const labels = sections.texts('custom_fields', 'label')
  for (const name of ['callers', 'webhooks'] as const)
    noteRepeated(sections.texts(name, 'name'), 'name', note)
  noteRepeated(accounts, 'name', note)
  noteRepeated(labels, 'label', note)
  noteRepeated(sections.entries('callers').flatMap(hashesOf), 'key', note)
  // Each account counts only its own refused logins: together they could lock the user out.
  noteRepeated(
    sections.texts('accounts', 'user').map(({ pointer, entry }) => ({ pointer, entry: userName(entry) })),
    'user',
    note
  )
  for (const { pointer, entry } of labels)
    if (RESERVED_PARAMETERS.has(entry)) note(pointer, "is the name of one of VICIdial's own parameters")
  const known = new Set([DEFAULT_ACCOUNT, ...accounts.map(({ entry }) => entry)])
  for (const name of ['callers', 'webhooks'] as const)
    for (const { pointer, entry } of sections.texts(name, 'account'))
      if (!known.has(entry)) note(pointer, `names ${entry}, which does not exist`)
  for (const { pointer, entry } of sections.entries('webhooks'))
    if (entry.account !== undefined && entry.auth.callers)
      note(`${pointer}/account`, 'is not used, as each caller has its own account')
}

function hashesOf({ pointer, entry }: Listed<Lists['callers'][number]>): Listed<string>[] {
  return entry.key_hashes.map((key, index) => ({
    pointer: `${pointer}/key_hashes/${index}`,
    entry: typeof key === 'string' ? key : key.hash
  }))
}

/** @param what what the texts are, like "name" */
function noteRepeated(texts: readonly Listed<string>[], what: string, note: NoteFault): void {
  const first = new Map<string, string>()
  for (const { pointer, entry } of texts) {
    const before = first.get(entry)
    if (before === undefined) first.set(entry, pointer)
    else note(pointer, `is already the ${what} of ${placeOf(ownerOf(before))}`)
  }
}

/** The pointer of the entry of a list in which another pointer is. */
function ownerOf(pointer: string): string {
  return pointer.split('/').slice(0, 3).join('/')
}
