import { join } from 'node:path'
import { outliveReaders } from './output.ts'

/** Collects garbage early, so that memory stays flat for a file of any length. */
const SMALL_HEAP = '--optimize-for-size'
const SMALL_HEAP_ENV = {
  // Without the cache every module is compiled at start, in memory that is never given back.
  NODE_COMPILE_CACHE: join(import.meta.dirname, '../../../node_modules/.cache/node'),
  // More arenas would keep freed memory, one for each thread.
  MALLOC_ARENA_MAX: '1'
}

const args = process.argv.slice(2)
if (args[0] === 'push') restartWithSmallHeap()
outliveReaders(process.stdout, process.stderr)
const { runProgram } = await import('./program.ts')
// Set instead of calling exit(): a sandbox runs on after its command has returned.
process.exitCode = await runProgram(args)

/** Restarts this program in the same process with settings for little memory, unless it already has them. */
function restartWithSmallHeap(): void {
  if (process.execArgv.includes(SMALL_HEAP) || process.execve === undefined) return
  const argv = [process.execPath, SMALL_HEAP, ...process.execArgv, ...process.argv.slice(1)]
  process.execve(process.execPath, argv, { ...SMALL_HEAP_ENV, ...process.env })
}
