import { BuildWatch } from '../../src/vicidial/build-watch.ts'
import { MEASURED } from '../../src/vicidial/builds.ts'

const log = { error: () => {}, info: () => {}, warn: () => {} }

/** A watch that knows VICIdial's build. */
export function knownBuild(build: string = MEASURED.build): BuildWatch {
  return new BuildWatch({ configured: build, nonLatin: 0, onChange: () => {}, log })
}
