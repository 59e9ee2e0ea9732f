import { dirname } from 'node:path'
import type { CallerConfig } from '../callers/caller.ts'
import type { CustomField } from '../leads/cleaning/custom-field.ts'
import type { WebhookEndpoint } from '../webhooks/endpoint.ts'
import { type AccountConfig, readAccounts } from './accounts/read-accounts.ts'
import { type AlertsConfig, readAlerts } from './read-alerts.ts'
import { readCallers } from './callers/read-callers.ts'
import { checkNames } from './check-names.ts'
import { GatewayFileSchema } from './gateway-file-schema.ts'
import { readCustomFields } from './read-custom-fields.ts'
import { schemaErrors } from './schema-errors.ts'
import { type SecretFile, SecretFiles } from './secret-files.ts'
import { Sections } from './sections.ts'
import { readEndpoints } from './webhooks/read-endpoints.ts'
import { YamlFile } from './yaml-file.ts'

/** The file of `GATEWAY_CONFIG`, as read. */
export interface GatewayFile {
  /** As it is written. */
  readonly content: unknown
  readonly accounts: readonly AccountConfig[]
  /** Undefined if no alerts are to be sent. */
  readonly alerts: AlertsConfig | undefined
  readonly callers: readonly CallerConfig[]
  /** Whether the gateway answers at VICIdial's own address. */
  readonly compat: boolean
  /** Custom fields that may be set, by label. */
  readonly customFields: ReadonlyMap<string, CustomField>
  readonly webhooks: readonly WebhookEndpoint[]
  /** The files with secrets that it names, by their absolute paths. */
  readonly secretFiles: ReadonlyMap<string, SecretFile>
}

/**
 * Reads the file. Notes every fault in `faults`; after one the result must not be used.
 * @returns undefined if nothing can be read
 */
export function readGatewayFile(path: string, faults: string[]): GatewayFile | undefined {
  const yaml = new YamlFile(path)
  const file = yaml.content === undefined ? undefined : readContent(yaml, dirname(path))
  faults.push(...yaml.faults)
  return file
}

/** Reads every entry that fits the schema, so that all faults are found at once. */
function readContent({ content, isCertain, note }: YamlFile, folder: string): GatewayFile {
  const errors = schemaErrors(GatewayFileSchema, content)
  for (const { pointer, what, at } of errors) note(pointer, what, at)
  const sections = new Sections(content, isCertain ? errors : undefined)
  checkNames(sections, note)
  const secretFiles = new SecretFiles(folder)
  const customFields = readCustomFields(sections.entries('custom_fields'), note)
  const alerts = sections.alerts
  const labels = new Set(sections.texts('custom_fields', 'label').map(({ entry }) => entry))
  const webhookNames = new Set(sections.texts('webhooks', 'name').map(({ entry }) => entry))
  return {
    content,
    accounts: readAccounts(sections.entries('accounts'), secretFiles, note),
    alerts: alerts && readAlerts(alerts, secretFiles, note),
    callers: readCallers(sections.entries('callers'), labels, webhookNames, note),
    compat: sections.compat,
    customFields,
    webhooks: readEndpoints(sections.entries('webhooks'), secretFiles, labels, sections.storePayloads, note),
    secretFiles: secretFiles.files
  }
}
