import { dirname } from 'node:path'
import { type Static, Type } from 'typebox'
import type { CallerConfig } from '../callers/caller.ts'
import { CallerSchema } from './callers/caller-schema.ts'
import { readCallers } from './callers/read-callers.ts'
import type { CustomField } from '../leads/custom-field.ts'
import type { NoteFault } from './config-error.ts'
import { CustomFieldSchema, readCustomFields } from './read-custom-fields.ts'
import { SecretFiles } from './secret-files.ts'
import { readYaml } from './read-yaml.ts'
import { schemaErrors } from './schema-errors.ts'
import { readEndpoints } from './webhooks/read-endpoints.ts'
import { EndpointSchema } from './webhooks/endpoint-schema.ts'
import { DEFAULT_ACCOUNT, userName } from '../vicidial/account.ts'
import { RESERVED_PARAMETERS } from '../vicidial/reserved-parameters.ts'
import { AccountSchema } from './accounts/account-schema.ts'
import { type AccountConfig, readAccounts } from './accounts/read-accounts.ts'
import type { WebhookEndpoint } from '../webhooks/endpoint.ts'

/** The file of `GATEWAY_CONFIG`, as it is written. */
export const GatewayFileSchema = Type.Object(
  {
    accounts: Type.Optional(Type.Array(AccountSchema)),
    callers: Type.Optional(Type.Array(CallerSchema, { minItems: 1 })),
    compat: Type.Optional(
      Type.Boolean({
        default: false,
        description: "Whether the gateway also answers as VICIdial's /vicidial/non_agent_api.php does."
      })
    ),
    custom_fields: Type.Optional(Type.Array(CustomFieldSchema)),
    webhooks: Type.Optional(Type.Array(EndpointSchema))
  },
  {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'The gateway file of vicidial-gateway',
    additionalProperties: false
  }
)

/** The file of `GATEWAY_CONFIG`, as read. */
export interface GatewayFile {
  readonly accounts: readonly AccountConfig[]
  readonly callers: readonly CallerConfig[]
  /** Whether the gateway answers at VICIdial's own address. */
  readonly compat: boolean
  /** Custom fields that may be set, by label. */
  readonly customFields: ReadonlyMap<string, CustomField>
  readonly webhooks: readonly WebhookEndpoint[]
  /** Absolute paths of the files with secrets that it names. */
  readonly secretFiles: readonly string[]
}

/** Reads the file. Notes every fault in `faults`; returns undefined if the file cannot be used at all. */
export function readGatewayFile(path: string, faults: string[]): GatewayFile | undefined {
  const fault = (text: string) => {
    faults.push(`GATEWAY_CONFIG (${path}): ${text}`)
  }
  const content = readYaml(path, fault)
  if (content === undefined) return undefined
  const wrong = schemaErrors(GatewayFileSchema, content)
  for (const text of wrong) fault(`${text}.`)
  if (wrong.length > 0) return undefined

  const {
    accounts = [],
    callers = [],
    compat = false,
    custom_fields: customFields = [],
    webhooks = []
  } = content as Entries
  checkNames({ accounts, callers, custom_fields: customFields, webhooks }, fault)
  const webhookNames = new Set(webhooks.map(({ name }) => name))
  const secretFiles = new SecretFiles(dirname(path))
  const noteFault: NoteFault = (pointer, what) => {
    fault(`${pointer} ${what}.`)
  }
  const listed = readCustomFields(customFields, noteFault)
  const labels = new Set(listed.keys())
  return {
    accounts: readAccounts(accounts, secretFiles, noteFault),
    callers: readCallers(callers, labels, webhookNames, noteFault),
    compat,
    customFields: listed,
    webhooks: readEndpoints(webhooks, secretFiles, labels, noteFault),
    secretFiles: secretFiles.paths
  }
}

type Entries = Static<typeof GatewayFileSchema>

/** Notes names that are used twice, or that refer to nothing. */
function checkNames(
  { accounts, callers, custom_fields: customFields, webhooks }: Required<Omit<Entries, 'compat'>>,
  fault: (text: string) => void
): void {
  for (const name of repeated(callers.map((caller) => caller.name)))
    fault(`two callers have the name ${name}.`)
  const hashes = callers.flatMap((caller) =>
    caller.key_hashes.map((key) => (typeof key === 'string' ? key : key.hash))
  )
  for (const hash of repeated(hashes)) fault(`two callers have the key hash ${hash}.`)
  for (const label of repeated(customFields.map((field) => field.label)))
    fault(`two custom fields have the label ${label}.`)
  for (const { label } of customFields) {
    if (RESERVED_PARAMETERS.has(label))
      fault(`the custom field ${label} has the name of one of VICIdial's own parameters.`)
  }
  for (const name of repeated(webhooks.map((webhook) => webhook.name)))
    fault(`two webhooks have the name ${name}.`)
  for (const name of repeated(accounts.map((account) => account.name)))
    fault(`two accounts have the name ${name}.`)
  // Each account counts only its own refused logins: together they could lock the user out.
  for (const user of repeated(accounts.map((account) => userName(account.user))))
    fault(`two accounts have the user ${user}.`)
  const known = new Set([DEFAULT_ACCOUNT, ...accounts.map((account) => account.name)])
  for (const { name, account } of [...callers, ...webhooks]) {
    if (account !== undefined && !known.has(account))
      fault(`${name} names the account ${account}, which does not exist.`)
  }
  for (const { name, account, auth } of webhooks) {
    if (account !== undefined && auth.callers)
      fault(`${name} uses the account of its callers, and cannot have its own.`)
  }
}

function repeated(values: readonly string[]): Set<string> {
  return new Set(values.filter((value, index) => values.indexOf(value) !== index))
}
