import { readGatewayFile } from '../../src/config/gateway-file.ts'
import type { WebhookEndpoint } from '../../src/webhooks/endpoint.ts'
import type { MappingDefinition } from '../../src/webhooks/mapping/mapping-definition.ts'
import type { FileTester } from '../helper.ts'

/** The endpoints of a gateway file, and its faults without the path and the line before each. */
export function readYaml(
  t: FileTester,
  yaml: string,
  files: Record<string, string> = {}
): { webhooks: readonly WebhookEndpoint[]; faults: string[]; path: string } {
  const path = `${t.testdir({ ...files, 'gateway.yaml': yaml })}/gateway.yaml`
  const faults: string[] = []
  const file = readGatewayFile(path, faults)
  return {
    webhooks: file?.webhooks ?? [],
    faults: faults.map((fault) => fault.slice(path.length).replace(/^(, line \d+)?: /, '')),
    path
  }
}

/** An endpoint with an API key and the given properties. */
export function endpointWith(t: FileTester, properties: Record<string, unknown>, rest = {}): WebhookEndpoint {
  const entry = {
    name: 'crm',
    auth: { api_key: { key_hashes: [`sha256:${'a'.repeat(64)}`] } },
    ...properties
  }
  // JSON is YAML.
  const { webhooks, faults } = readYaml(t, JSON.stringify({ webhooks: [entry], ...rest }))
  const [endpoint] = webhooks
  if (endpoint === undefined || faults.length > 0) throw new Error(faults.join('\n'))
  return endpoint
}

/** The updates that a payload becomes. */
export async function updatesOf(
  endpoint: WebhookEndpoint | undefined,
  payload: unknown
): Promise<{ updates: unknown[]; ignored: number } | undefined> {
  const mapped = await endpoint?.map(payload)
  return mapped && { updates: mapped.updates, ignored: mapped.ignored }
}

/** The id of a payload's only event. */
export async function eventIdOf(
  endpoint: WebhookEndpoint | undefined,
  headers: Record<string, string>,
  payload: unknown
): Promise<string | undefined> {
  return (await endpoint?.map(payload, { headers }))?.eventIds[0]
}

/** A mapping that sets `rank` by an expression. */
export function rankOf(expression: string): MappingDefinition {
  return {
    each: undefined,
    when: undefined,
    lead: { by: 'vendor_lead_code', expression: 'id' },
    fields: { rank: expression },
    customFields: {},
    values: new Map(),
    fixed: {},
    resetCalled: undefined,
    emptyStrings: 'ignore',
    nulls: 'clear',
    nullWords: new Set()
  }
}
