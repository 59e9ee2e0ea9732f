import type { OpenAPIV3_1 } from 'openapi-types'

/** What somebody reads who opens the page of the API, before the operations. */
export const DESCRIPTION = `
Updates of VICIdial leads, each lead with its own changes, in one request. The gateway checks and cleans every
value, makes as few calls to VICIdial as it can, and returns one result per update.

1. Press **Authorize** and enter your API key. Programs send it as \`Authorization: Bearer KEY\` or \`X-API-Key: KEY\`.
2. Open **Update many leads**, press **Try it out**, and choose the example **Dry run**. It changes nothing: the answer shows what
   VICIdial would store.
3. Without \`dry_run\` the leads are updated. With \`Prefer: respond-async\` the gateway stores the updates and delivers them later, as a
   **job**.

A refused request gets a problem document (RFC 9457); its \`type\` is the address of a page that explains it. A path that exists,
but not with this method, answers 405 with \`Allow\`. The gateway takes \`traceparent\` (W3C Trace Context) with every request.
`.trim()

/** The kinds of operations, those that are used most first. */
export const TAGS: OpenAPIV3_1.TagObject[] = [
  { name: 'leads', description: 'Update, read and add leads.' },
  { name: 'jobs', description: 'Updates that are stored and delivered later, and their results.' },
  { name: 'webhooks', description: 'Events of services whose payload you cannot change.' },
  { name: 'dnc', description: 'Numbers that must not be called (DNC).' },
  { name: 'history', description: 'Who changed what, and how VICIdial replied.' },
  { name: 'service', description: 'Health of the gateway, its metrics, and a copy of its database.' }
]

/** The operations as the page lists them within their tags, those that are used most first. */
const ORDER: readonly string[] = [
  ...['batchUpdateLeads', 'patchLead', 'getLead', 'findLeads', 'addLead', 'readLeads', 'listFields'],
  ...['getJob', 'listJobs', 'cancelJob', 'replayJob', 'listDeadLetters', 'replayDeadLetters'],
  ...['receiveWebhook', 'answerChallenge'],
  ...['addDncNumbers', 'removeDncNumber'],
  ...['listHistory', 'listLeadHistory'],
  ...['ready', 'live', 'metrics', 'backup']
]

type Paths = OpenAPIV3_1.PathsObject
type Operations = readonly (readonly [method: string, operation: OpenAPIV3_1.OperationObject])[]

/** Sorts the operations of a document: the paths by the first of their operations. */
export function inOrder(paths: Paths = {}): Paths {
  const sorted = Object.entries(paths).map(([path, item]) => {
    const operations = Object.entries(item ?? {}) as unknown as Operations
    const byPosition = operations.toSorted(([, one], [, other]) => positionOf(one) - positionOf(other))
    return { path, item: Object.fromEntries(byPosition), position: positionOf(byPosition[0]?.[1]) }
  })
  return Object.fromEntries(
    sorted.toSorted((one, other) => one.position - other.position).map(({ path, item }) => [path, item])
  )
}

/** @throws Error, if the guide lacks the operation */
function positionOf(operation: OpenAPIV3_1.OperationObject | undefined): number {
  const position = ORDER.indexOf(operation?.operationId ?? '')
  if (position < 0) throw new Error(`${operation?.operationId} is missing from the guide`)
  return position
}
