import { FIELD_BY_NAME } from '../../leads/fields.ts'
import { ACTION_PERMISSIONS } from '../../leads/actions/lead-actions.ts'
import { COLUMN_BY_NAME } from '../../leads/reading/lead-columns.ts'
import { type Allowed, allows } from '../../leads/rights.ts'
import {
  ALL_PERMISSIONS,
  type CallerConfig,
  type KeyConfig,
  networksOf,
  type Permissions
} from '../../callers/caller.ts'
import { DEFAULT_ACCOUNT } from '../../vicidial/account.ts'
import type { RateLimit } from '../../callers/caller-limits.ts'
import type { Listed, NoteFault } from '../config-error.ts'
import type { CallerEntry } from './caller-schema.ts'
import { readTime } from '../../../schemas/rfc3339.ts'

/**
 * Reads callers from entries that fit their schema. Checks what the schema can't express and notes it in `fault`;
 * after a fault the callers must not be used.
 * @param customFields labels of the file's custom fields
 * @param webhooks names of the file's webhooks
 */
export function readCallers(
  entries: readonly Listed<CallerEntry>[],
  customFields: ReadonlySet<string>,
  webhooks: ReadonlySet<string>,
  fault: NoteFault
): CallerConfig[] {
  return entries.map(({ pointer, entry }) => {
    checkNetworks(entry.networks ?? [], `${pointer}/networks`, fault)
    if (entry.permissions !== '*') {
      checkNames(entry.permissions, customFields, webhooks, `${pointer}/permissions`, fault)
    }
    const {
      name,
      account = DEFAULT_ACCOUNT,
      source,
      on_lossy: onLossy,
      on_invalid: onInvalid,
      key_match: keyMatch,
      verify,
      networks,
      rate_limit: rateLimit
    } = entry
    return {
      name,
      keys: entry.key_hashes.map((key, position) => readKey(key, `${pointer}/key_hashes/${position}`, fault)),
      account,
      permissions: readPermissions(entry.permissions),
      ...(source === undefined ? {} : { source }),
      ...(onLossy === undefined ? {} : { onLossy }),
      ...(onInvalid === undefined ? {} : { onInvalid }),
      ...(keyMatch === undefined ? {} : { keyMatch }),
      ...(verify === undefined ? {} : { verify: Number(verify) }),
      ...(networks === undefined ? {} : { networks }),
      ...(rateLimit === undefined ? {} : { rateLimit: readRateLimit(rateLimit) })
    }
  })
}

function readKey(key: CallerEntry['key_hashes'][number], pointer: string, fault: NoteFault): KeyConfig {
  if (typeof key === 'string') return { hash: digits(key) }
  if (key.expires_at === undefined) return { hash: digits(key.hash) }
  const expiresAt = readTime(key.expires_at)
  if (expiresAt === undefined) fault(`${pointer}/expires_at`, 'is not a date that exists')
  return { hash: digits(key.hash), expiresAt: expiresAt ?? 0 }
}

function digits(hash: string): string {
  return hash.slice('sha256:'.length)
}

function readRateLimit(entry: NonNullable<CallerEntry['rate_limit']>): RateLimit {
  const { requests_per_minute: requests, updates_per_minute: updates } = entry
  return {
    ...(requests === undefined ? {} : { requests }),
    ...(updates === undefined ? {} : { updates })
  }
}

type PermissionsEntry = Exclude<CallerEntry['permissions'], '*'>

function readPermissions(entry: CallerEntry['permissions']): Permissions {
  if (entry === '*') return ALL_PERMISSIONS
  const { max_batch: maxBatch } = entry
  return {
    routes: readAllowed(entry.routes),
    sources: readAllowed(entry.sources),
    ...(maxBatch === undefined ? {} : { maxBatch }),
    updates: {
      fields: readAllowed(entry.fields),
      statuses: readAllowed(entry.statuses),
      customFields: readAllowed(entry.custom_fields),
      lists: readAllowed(entry.lists),
      lookUps: readAllowed(entry.look_ups),
      addLists: readAllowed(allows(readAllowed(entry.routes), 'add') ? entry.add_lists : []),
      readFields: readAllowed(entry.read_fields),
      readCustomFields: readAllowed(entry.read_custom_fields),
      actions: readAllowed(entry.routes === '*' ? '*' : entry.routes?.filter(isAction))
    }
  }
}

function isAction(route: string): boolean {
  return Object.values(ACTION_PERMISSIONS).some((permission) => permission === route)
}

function readAllowed(entry: '*' | readonly (string | number)[] = []): Allowed {
  return entry === '*' ? '*' : new Set(entry.map(String))
}

/** A permission for something that doesn't exist is a typo: the permission that was meant is missing. */
function checkNames(
  {
    fields,
    custom_fields: labels,
    read_fields: read,
    read_custom_fields: readLabels,
    routes
  }: PermissionsEntry,
  customFields: ReadonlySet<string>,
  webhooks: ReadonlySet<string>,
  pointer: string,
  fault: NoteFault
): void {
  const check = (
    property: string,
    names: '*' | readonly string[] = [],
    isKnown: (name: string) => boolean
  ) => {
    for (const name of names === '*' ? [] : names) {
      if (!isKnown(name)) fault(`${pointer}/${property}`, `names ${name}, which does not exist`)
    }
  }
  check('fields', fields, (name) => name === 'reset_called' || FIELD_BY_NAME.has(name))
  check('custom_fields', labels, (name) => customFields.has(name))
  check('read_fields', read, (name) => COLUMN_BY_NAME.has(name))
  check('read_custom_fields', readLabels, (name) => customFields.has(name))
  check('routes', routes, (name) => !name.startsWith(WEBHOOK) || webhooks.has(name.slice(WEBHOOK.length)))
}

const WEBHOOK = 'webhook:'

function checkNetworks(networks: readonly string[], pointer: string, fault: NoteFault): void {
  for (const [index, network] of networks.entries()) {
    try {
      networksOf([network])
    } catch {
      fault(`${pointer}/${index}`, 'is neither an address nor a network like 10.1.0.0/16')
    }
  }
}
