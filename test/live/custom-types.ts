import { LABEL_PATTERN } from '../../src/config/patterns.ts'
import { RESERVED_PARAMETERS } from '../../src/vicidial/reserved-parameters.ts'
import { customLabels, type Server, setCustomValue, storedCustomValue } from './server.ts'

/** A custom field as the gateway file has it. */
export interface FoundField {
  readonly label: string
  readonly type?: string
  readonly options?: readonly string[]
  readonly max_length?: number
}

/** Longer than VICIdial's columns but TEXT ones. */
const LONG = 'x'.repeat(3_000)
const MAX_OPTIONS = 100

/**
 * Finds the types of a list's custom fields by what VICIdial stores of values in a test lead, as its API tells only their
 * names. CHECKBOX and MULTI look like TEXT. Leaves the fields empty. Returns undefined if there are none to see.
 */
export async function findCustomFields(
  server: Server,
  listId: number,
  lead: number
): Promise<FoundField[] | undefined> {
  const labels = (await customLabels(server, listId)) ?? []
  const usable = labels.filter(
    (label) => new RegExp(LABEL_PATTERN).test(label) && !RESERVED_PARAMETERS.has(label)
  )
  const found: FoundField[] = []
  for (const label of usable) found.push({ label, ...(await typeOf(server, lead, label)) })
  return found.length > 0 ? found : undefined
}

async function typeOf(server: Server, lead: number, label: string): Promise<Omit<FoundField, 'label'>> {
  const stores = async (value: string) => {
    await setCustomValue(server, lead, label, value)
    return storedCustomValue(server, lead, label)
  }
  const stored = await stores(LONG)
  const options = stored === '' ? await optionsOf(stores) : []
  await setCustomValue(server, lead, label, '--BLANK--')
  if (stored === '0000-00-00') return { type: 'DATE' }
  if (/^00:00:00/.test(stored)) return { type: 'TIME' }
  if (stored === LONG) return { type: 'AREA' }
  if (options.length > 0) return { type: 'SELECT', options }
  return { type: 'TEXT', max_length: Math.max(1, stored.length) }
}

/** The options of a column that has some, by their positions; the zeros keep a number from being an option itself. */
async function optionsOf(stores: (value: string) => Promise<string>): Promise<string[]> {
  const options: string[] = []
  while (options.length < MAX_OPTIONS) {
    const option = await stores(`000${options.length + 1}`)
    if (option === '') break
    options.push(option)
  }
  return options
}
