import { isUsableLabel } from '../../src/config/read-custom-fields.ts'
import { customLabels, type Server, setCustomValue, storedCustomValue } from './server.ts'

/** A custom field as the gateway file has it. */
export interface FoundField {
  readonly label: string
  readonly type?: string
  readonly options?: readonly string[]
  readonly max_length?: number
}

/** Longer than every column of VICIdial's except those of type TEXT. */
const LONG = 'x'.repeat(3_000)
const MAX_OPTIONS = 100

/**
 * Finds the types of a list's custom fields by the values that VICIdial stores in a test lead: its API lists only their
 * names. CHECKBOX and MULTI look like TEXT. Leaves the fields empty.
 */
export async function findCustomFields(server: Server, listId: number, lead: number): Promise<FoundField[]> {
  const labels = await customLabels(server, listId)
  const found: FoundField[] = []
  for (const label of labels.filter(isUsableLabel))
    found.push({ label, ...(await typeOf(server, lead, label)) })
  return found
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

/** The options of a column, by their positions. The leading zeros keep a position from being an option's own text. */
async function optionsOf(stores: (value: string) => Promise<string>): Promise<string[]> {
  const options: string[] = []
  while (options.length < MAX_OPTIONS) {
    const option = await stores(`000${options.length + 1}`)
    if (option === '') break
    options.push(option)
  }
  return options
}
