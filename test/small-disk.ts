import { spawnSync } from 'node:child_process'
import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { errorCode } from '../src/error-code.ts'
import { dataDir, type Tester } from './helper.ts'

/**
 * A directory on a disk of 16 MiB of its own, until the test ends; undefined where this user may not mount one, and the
 * test is skipped then.
 */
export function smallDisk(t: Tester & { plan(tests: number, reason: string): void }): string | undefined {
  const directory = dataDir(t)
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', directory])
  if (status !== 0) {
    t.plan(0, 'this user may not mount a small disk')
    return undefined
  }
  t.teardown(() => {
    spawnSync('umount', [directory])
  })
  return directory
}

/** Fills the disk of a directory. Returns a function that makes room again. */
export function fill(directory: string): () => void {
  const path = join(directory, 'filler')
  const file = openSync(path, 'w')
  try {
    for (const size of [65_536, 1_024, 1]) {
      try {
        for (;;) writeSync(file, Buffer.alloc(size, 'x'))
      } catch (error) {
        if (errorCode(error) !== 'ENOSPC') throw error
      }
    }
  } finally {
    closeSync(file)
  }
  return () => {
    rmSync(path)
  }
}
