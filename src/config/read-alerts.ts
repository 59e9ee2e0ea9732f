import { type Static, Type } from 'typebox'
import { ALERT_FORMATS, type AlertSettings } from '../alerts/settings.ts'
import type { Listed, NoteFault } from './config-error.ts'
import type { SecretFiles } from './secret-files.ts'

const MINUTE_MS = 60_000
const DEFAULTS = { oldest_minutes: 15, disk_free_percent: 10, pause_minutes: 10 } as const
/** In characters. */
const MAX_ADDRESS = 2_000

/** The section `alerts` of the gateway file. */
export const AlertsSchema = Type.Object(
  {
    url: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: MAX_ADDRESS,
        description:
          'The address of the webhook. Whoever knows it can post there: url_file keeps it out of this file.'
      })
    ),
    url_file: Type.Optional(
      Type.String({ minLength: 1, description: 'A file with the address of the webhook instead.' })
    ),
    format: Type.Optional(
      Type.Enum([...ALERT_FORMATS], {
        default: 'slack',
        description: 'slack: {"text": "…"}, which most chats take; json: a document for programs.'
      })
    ),
    name: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 100,
        description: "How messages name this gateway. Default: CLUSTER_NAME, or the host's name."
      })
    ),
    oldest_minutes: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 43_200,
        default: DEFAULTS.oldest_minutes,
        description: 'How long a stored update may wait before that is an alert.'
      })
    ),
    disk_free_percent: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 99,
        default: DEFAULTS.disk_free_percent,
        description: 'Less free room on the disk of DATA_DIR is an alert.'
      })
    ),
    pause_minutes: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_440,
        default: DEFAULTS.pause_minutes,
        description: 'An alert that comes back is sent again after this time at the earliest.'
      })
    )
  },
  { additionalProperties: false }
)
export type AlertsEntry = Static<typeof AlertsSchema>

/** The section as read. Who reads the environment knows the name that it may leave out. */
export type AlertsConfig = Omit<AlertSettings, 'gateway'> & Partial<Pick<AlertSettings, 'gateway'>>

/**
 * Reads the section, which fits its schema. Notes in `fault` what the schema can't express.
 * @param secretFiles reads the file that it may name
 * @returns undefined after a fault
 */
export function readAlerts(
  { pointer, entry }: Listed<AlertsEntry>,
  secretFiles: SecretFiles,
  fault: NoteFault
): AlertsConfig | undefined {
  const url = readAddress(entry, pointer, secretFiles, fault)
  if (url === undefined) return undefined
  const { format = 'slack', name } = entry
  const {
    oldest_minutes: oldest = DEFAULTS.oldest_minutes,
    disk_free_percent: free = DEFAULTS.disk_free_percent,
    pause_minutes: pause = DEFAULTS.pause_minutes
  } = entry
  return {
    url,
    format,
    ...(name === undefined ? {} : { gateway: name }),
    lateMs: oldest * MINUTE_MS,
    minDiskFree: free / 100,
    pauseMs: pause * MINUTE_MS
  }
}

function readAddress(
  { url, url_file: file }: AlertsEntry,
  pointer: string,
  secretFiles: SecretFiles,
  fault: NoteFault
): URL | undefined {
  if ((url === undefined) === (file === undefined)) {
    fault(pointer, 'must have exactly one of url, url_file')
    return undefined
  }
  const read = file === undefined ? { secret: url ?? '' } : secretFiles.read(file)
  const place = `${pointer}/${file === undefined ? 'url' : 'url_file'}`
  if ('fault' in read) {
    fault(place, `names a file that ${read.fault}`)
    return undefined
  }
  const address = addressOf(read.secret)
  const what = 'a full http or https address, without a user, a password or a fragment'
  if (address === undefined)
    fault(place, file === undefined ? `must be ${what}` : `names a file that does not hold ${what}`)
  return address
}

function addressOf(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) return undefined
  return url.username === '' && url.password === '' && url.hash === '' ? url : undefined
}
