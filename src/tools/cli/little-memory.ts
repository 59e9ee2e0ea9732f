import { join } from 'node:path'

/** What grows with the rows of a file is garbage: it is collected early rather than when there is much of it. */
const FLAG = '--optimize-for-size'
const SURROUNDINGS = {
  // Without it every module is compiled at the start, which takes memory that is not given back.
  NODE_COMPILE_CACHE: join(import.meta.dirname, '../../node_modules/.cache/node'),
  // glibc keeps what was freed apart for each thread otherwise.
  MALLOC_ARENA_MAX: '1'
}

/** Begins this program anew, in the same process, so that it stays small; does nothing if it has begun so. */
export function beginInLittleMemory(): void {
  if (process.execArgv.includes(FLAG) || process.execve === undefined) return
  const args = [process.execPath, FLAG, ...process.execArgv, ...process.argv.slice(1)]
  process.execve(process.execPath, args, { ...SURROUNDINGS, ...process.env })
}
