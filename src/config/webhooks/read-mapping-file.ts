import type { MappingDefinition } from '../../webhooks/mapping/mapping-definition.ts'
import { YamlFile } from '../yaml-file.ts'
import { schemaErrors } from '../schema-errors.ts'
import { type MappingEntry, MappingSchema } from './endpoint-schema.ts'
import { readMapping } from './read-mapping.ts'

/**
 * Reads a file that holds a mapping, written like the `mapping` of a webhook source, for the rows of a file. Notes every
 * fault in `faults`; with any, the mapping must not be used.
 * @param customFields labels of the custom fields that may be set
 * @returns undefined if the file cannot be used at all
 */
export function readMappingFile(
  path: string,
  customFields: ReadonlySet<string>,
  faults: string[]
): MappingDefinition | undefined {
  const yaml = new YamlFile(path)
  const mapping = yaml.content === undefined ? undefined : readContent(yaml, customFields)
  faults.push(...yaml.faults)
  return mapping
}

function readContent(
  { content, isCertain, note }: YamlFile,
  customFields: ReadonlySet<string>
): MappingDefinition | undefined {
  const errors = schemaErrors(MappingSchema, content)
  for (const { pointer, what, at } of errors) note(pointer, what, at)
  if (!isCertain || errors.length > 0) return undefined
  const entry = content as MappingEntry
  if (entry.each !== undefined) note('/each', 'is not for files, as each row is one event')
  return readMapping(entry, '', customFields, note)
}
