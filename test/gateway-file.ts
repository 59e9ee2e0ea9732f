import { hashKey } from '../src/callers/key.ts'

/** A caller of the gateway file; its key is its name and `-key`. */
interface Entry {
  readonly name: string
  readonly permissions: unknown
  readonly [member: string]: unknown
}

/** A gateway file of these callers and whatever else it is to have; what is JSON is YAML too. */
export function gatewayFile(callers: readonly Entry[], more: Record<string, unknown> = {}): string {
  const withKeys = callers.map((entry) => ({
    ...entry,
    key_hashes: [`sha256:${hashKey(`${entry.name}-key`)}`]
  }))
  return JSON.stringify({ callers: withKeys, ...more })
}
