import type { MappingDefinition } from '../../webhooks/mapping/mapping.ts'
import type { NoteFault } from '../config-error.ts'
import { readYaml } from '../read-yaml.ts'
import { schemaErrors } from '../schema-errors.ts'
import { type MappingEntry, MappingSchema } from './endpoint-schema.ts'
import { readMapping } from './read-mapping.ts'

/**
 * Reads a file that holds a mapping, written like the `mapping` of a webhook source, for the rows of a file. Notes every
 * fault in `faults`, as the end of a sentence about the file; with any, the mapping must not be used.
 * @param customFields labels of the custom fields that may be set
 * @returns undefined if the file cannot be used at all
 */
export function readMappingFile(
  path: string,
  customFields: ReadonlySet<string>,
  faults: string[]
): MappingDefinition | undefined {
  const content = readYaml(path, (text) => faults.push(text))
  if (content === undefined) return undefined
  const wrong = schemaErrors(MappingSchema, content)
  faults.push(...wrong.map((text) => `${text}.`))
  if (wrong.length > 0) return undefined
  const entry = content as MappingEntry
  const fault: NoteFault = (pointer, what) => faults.push(`${pointer || 'it'} ${what}.`)
  if (entry.each !== undefined) fault('/each', 'is not for files, as each row is one event')
  return readMapping(entry, '', customFields, fault)
}
