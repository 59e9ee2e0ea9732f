import type { Changes } from '../leads/changes.ts'
import type { BuildWatch } from './build-watch.ts'
import type { Refused } from './reply/reply.ts'

/** What is known of VICIdial's build. */
export type KnownBuild = Pick<BuildWatch, 'build' | 'has'>

const UNSAFE_KEY: Refused = {
  kind: 'refused',
  code: 'unsafe_characters',
  detail:
    'The key has an apostrophe, which this build of VICIdial puts unescaped into its SQL. It was not sent.'
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
    "The key has an apostrophe, which some builds of VICIdial put unescaped into their SQL. This one's build is not known yet."
}
const COUNTRY_CODE_LOST: Refused = {
  kind: 'refused',
  code: 'characters_lost',
  detail: 'This build of VICIdial keeps only capital letters A to Z in country_code, and cannot empty it.'
}

/**
 * Why VICIdial's build must not get a look-up key; undefined: it may. The build can have changed since the key was read.
 */
export function keyRefusal(key: string, build: KnownBuild): Refused | undefined {
  if (build.has('no_lead_search')) return NO_LOOK_UPS
  if (!build.has('keys_in_apostrophes') || !key.includes("'")) return undefined
  return build.build === undefined ? KEY_WAITS : UNSAFE_KEY
}

/**
 * Why VICIdial's build must not get changes; undefined: it may. The build can have changed since they were read.
 */
export function changesRefusal({ params }: Changes, build: KnownBuild): Refused | undefined {
  if (!build.has('country_code_capitals')) return undefined
  return /[^A-Z]/.test(params['country_code'] ?? '') ? COUNTRY_CODE_LOST : undefined
}
