import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Static, Type } from 'typebox'
import { LineCounter, parseDocument } from 'yaml'
import type { CallerConfig } from '../callers/caller.ts'
import { CallerSchema } from './callers/caller-schema.ts'
import { readCallers } from './callers/read-callers.ts'
import { errorCode } from '../error-code.ts'
import { FIELDS } from '../leads/fields.ts'
import { schemaErrors } from './schema-errors.ts'
import { readEndpoints } from './webhooks/read-endpoints.ts'
import { EndpointSchema } from './webhooks/endpoint-schema.ts'
import { DEFAULT_ACCOUNT, userName } from '../vicidial/account.ts'
import { AccountSchema } from './accounts/account-schema.ts'
import { type AccountConfig, readAccounts } from './accounts/read-accounts.ts'
import type { WebhookEndpoint } from '../webhooks/endpoint.ts'

const CustomFieldSchema = Type.Object(
  {
    label: Type.String({ pattern: '^[A-Za-z][A-Za-z0-9_]{0,49}$' }),
    max_length: Type.Integer({ minimum: 1, maximum: 65_535 })
  },
  { additionalProperties: false }
)

/** The file of `GATEWAY_CONFIG`. */
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

/** What the file of `GATEWAY_CONFIG` says. */
export interface GatewayFile {
  readonly accounts: readonly AccountConfig[]
  readonly callers: readonly CallerConfig[]
  /** Whether requests are taken at VICIdial's own address, as VICIdial takes them. */
  readonly compat: boolean
  /** Custom fields that may be set, label → longest value. */
  readonly customFields: ReadonlyMap<string, number>
  readonly webhooks: readonly WebhookEndpoint[]
}

/**
 * Parameters of VICIdial's API that are no custom fields: a custom field of that name could delete a lead or move
 * it. VICIdial sends custom fields as parameters of their own name.
 */
const RESERVED_LABELS: ReadonlySet<string> = new Set([
  ...FIELDS.flatMap((field) => [field.name, field.parameter]),
  ...[
    'source',
    'user',
    'pass',
    'function',
    'format',
    'DB',
    'header',
    'records',
    'search_method',
    'search_location',
    'stage'
  ],
  ...[
    'lead_id',
    'lead_ids',
    'leads_data',
    'list_id',
    'entry_list_id',
    'force_entry_list_id',
    'list_exists_check'
  ],
  ...[
    'update_phone_number',
    'reset_lead',
    'no_update',
    'insert_if_not_found',
    'custom_fields',
    'archived_lead'
  ],
  ...[
    'delete_lead',
    'delete_cf_data',
    'add_to_hopper',
    'remove_from_hopper',
    'hopper_priority',
    'campaign_id'
  ],
  ...[
    'hopper_local_call_time_check',
    'local_call_time',
    'duplicate_check',
    'phone_search',
    'called_since_last_reset'
  ],
  ...[
    'callback',
    'callback_status',
    'callback_datetime',
    'callback_type',
    'callback_user',
    'callback_comments'
  ],
  ...['modify_date', 'entry_date', 'last_local_call_time', 'tz_method', 'usacan_areacode_check', 'dnc_check']
])

/** Reads the file; notes every fault in `faults`, with its place, and returns undefined if it cannot be used. */
export function readGatewayFile(path: string, faults: string[]): GatewayFile | undefined {
  const fault = (text: string) => {
    faults.push(`GATEWAY_CONFIG (${path}): ${text}`)
  }
  const content = readYaml(path, fault)
  if (content === undefined) return undefined
  const wrong = schemaErrors(GatewayFileSchema, content)
  for (const text of wrong) fault(`${text}.`)
  if (wrong.length > 0) return undefined

  const file = content as Static<typeof GatewayFileSchema>
  const callers = file.callers ?? []
  const customFields = file.custom_fields ?? []
  for (const name of repeated(callers.map((caller) => caller.name)))
    fault(`two callers have the name ${name}.`)
  const hashes = callers.flatMap((caller) =>
    caller.key_hashes.map((key) => (typeof key === 'string' ? key : key.hash))
  )
  for (const hash of repeated(hashes)) fault(`two callers have the key hash ${hash}.`)
  for (const label of repeated(customFields.map((field) => field.label)))
    fault(`two custom fields have the label ${label}.`)
  for (const { label } of customFields) {
    if (RESERVED_LABELS.has(label))
      fault(`the custom field ${label} has the name of one of VICIdial's own parameters.`)
  }
  for (const name of repeated((file.webhooks ?? []).map((source) => source.name)))
    fault(`two webhooks have the name ${name}.`)
  const accounts = file.accounts ?? []
  for (const name of repeated(accounts.map((account) => account.name)))
    fault(`two accounts have the name ${name}.`)
  // Each would count only its own refused logins, and both together could lock the user out.
  for (const user of repeated(accounts.map((account) => userName(account.user))))
    fault(`two accounts have the user ${user}.`)
  const known = new Set([DEFAULT_ACCOUNT, ...accounts.map((account) => account.name)])
  for (const { name, account } of [...callers, ...(file.webhooks ?? [])]) {
    if (account !== undefined && !known.has(account))
      fault(`${name} names the account ${account}, which does not exist.`)
  }
  for (const { name, account, auth } of file.webhooks ?? []) {
    if (account !== undefined && auth.callers)
      fault(`${name} has the account of its callers, and can name none.`)
  }
  const labels = new Map(customFields.map((field) => [field.label, field.max_length]))
  const sources = new Set((file.webhooks ?? []).map((source) => source.name))
  const noteFault = (place: string, what: string) => fault(`${place} ${what}.`)
  return {
    accounts: readAccounts(accounts, dirname(path), noteFault),
    callers: readCallers(callers, new Set(labels.keys()), sources, noteFault),
    compat: file.compat ?? false,
    customFields: labels,
    webhooks: readEndpoints(file.webhooks ?? [], dirname(path), labels, noteFault)
  }
}

function readYaml(path: string, fault: (text: string) => void): unknown {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    fault(`cannot be read (${errorCode(error)}).`)
    return undefined
  }
  const lineCounter = new LineCounter()
  // Pretty errors would quote the file, and with it perhaps a secret.
  const document = parseDocument(text, { prettyErrors: false, lineCounter })
  for (const error of document.errors) {
    const { line, col } = lineCounter.linePos(error.pos[0])
    fault(`is not valid YAML at line ${line}, column ${col} (${error.code}).`)
  }
  if (document.errors.length > 0) return undefined
  try {
    const content: unknown = document.toJS()
    if (content === null) fault('is empty.')
    return content ?? undefined
  } catch {
    fault('refers to an alias that does not exist, or to too many.')
    return undefined
  }
}

function repeated(values: readonly string[]): Set<string> {
  return new Set(values.filter((value, place) => values.indexOf(value) !== place))
}
