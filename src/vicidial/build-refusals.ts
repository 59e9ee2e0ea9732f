import type { Changes } from '../leads/changes.ts'
import type { BuildWatch } from './build-watch.ts'
import type { Refused } from './reply/reply.ts'

/** What is known of VICIdial's build. */
export type KnownBuild = Pick<BuildWatch, 'build' | 'has'>

const UNSAFE_KEY: Refused = {
  kind: 'refused',
  code: 'unsafe_characters',
  detail:
    "The key holds an apostrophe, which this build of VICIdial puts into its SQL as it is: it isn't sent."
}
const NO_LOOK_UPS: Refused = {
  kind: 'refused',
  code: 'field_unknown',
  detail: 'This build of VICIdial has no lead_search: name the lead by lead_id.'
}
const KEY_WAITS: Refused = {
  kind: 'refused',
  code: 'upstream_unavailable',
  detail:
    "VICIdial's build is not known yet, and the key holds an apostrophe, which some builds put into their SQL."
}
const COUNTRY_CODE_LOST: Refused = {
  kind: 'refused',
  code: 'characters_lost',
  detail: 'This build of VICIdial keeps only capital letters A to Z in country_code, and cannot empty it.'
}

/**
 * Why a look-up key must not be sent to VICIdial's build, whatever that was when the key was read. Undefined: it may be.
 */
export function keyRefusal(key: string, build: KnownBuild): Refused | undefined {
  if (build.has('no_lead_search')) return NO_LOOK_UPS
  if (!build.has('keys_in_apostrophes') || !key.includes("'")) return undefined
  return build.build === undefined ? KEY_WAITS : UNSAFE_KEY
}

/**
 * Why changes must not be sent to VICIdial's build, whatever that was when they were read. Undefined: they may be.
 */
export function changesRefusal({ params }: Changes, build: KnownBuild): Refused | undefined {
  if (!build.has('country_code_capitals')) return undefined
  return /[^A-Z]/.test(params['country_code'] ?? '') ? COUNTRY_CODE_LOST : undefined
}
