import { readFileSync } from 'node:fs'
import { resolve, sep } from 'node:path'

const MOUNTS = '/proc/self/mountinfo'
/** Docker and Podman name a volume that was given no name by 64 hex digits. */
const ANONYMOUS = /\/volumes\/[0-9a-f]{64}(?:\/|$)/

/** This process's mounts, as Linux lists them; empty on other systems. */
export function readMounts(): string {
  try {
    return readFileSync(MOUNTS, 'utf8')
  } catch {
    return ''
  }
}

/**
 * Why what is stored in `dataDir` would be lost with its container; undefined if it would not.
 * @param mounts as `readMounts` returns them
 */
export function dataDirWarning(dataDir: string, mounts: string): string | undefined {
  const path = resolve(dataDir)
  // Its fields: ids, device, directory in the mounted file system, mount point, and others.
  const [mount] = mounts
    .split('\n')
    .map((line) => line.split(' '))
    .map(([, , , source = '', point = '']) => ({ source, point }))
    .filter(({ point }) => point !== '' && isWithin(point, path))
    .toSorted((a, b) => b.point.length - a.point.length)
  if (mount === undefined || !ANONYMOUS.test(mount.source)) return undefined
  return (
    'DATA_DIR is in a volume without a name: accepted updates stay behind in it when the container is recreated. ' +
    'Start the container with --volume NAME:DIRECTORY.'
  )
}

function isWithin(directory: string, path: string): boolean {
  return path === directory || path.startsWith(directory.endsWith(sep) ? directory : directory + sep)
}
