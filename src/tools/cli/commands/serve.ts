import { extname, join } from 'node:path'
import { Command } from 'commander'
import { CommandFailure } from '../command-failure.ts'

const SOURCES = join(import.meta.dirname, '../../..')
/** MiB of the young generation, whatever the machine's memory. With 1 MiB a request costs up to 1.7 times the CPU time. */
const YOUNG_GENERATION = '--max-semi-space-size=16'
/** Node 22 calls its SQLite experimental. */
const NO_SQLITE_WARNING = '--disable-warning=ExperimentalWarning'
/** Without the cache every module is compiled at start, which takes 25 MB more at rest. */
const COMPILE_CACHE = join(SOURCES, '../node_modules/.cache/node')
/** More arenas would keep 2 MB of freed memory. */
const MALLOC_ARENAS = '2'

/** `serve`: the gateway itself. */
export function serveCommand(): Command {
  return new Command('serve')
    .description('Starts the gateway. Its settings are environment variables: see docs/configuration.md.')
    .addHelpText(
      'after',
      `
On SIGTERM it finishes pending work and exits. On SIGHUP it reads the gateway file and secret
files again, as it does when they change.

Example:
  VICIDIAL_URL=https://dialer.example/vicidial/non_agent_api.php VICIDIAL_USER=gateway \\
    VICIDIAL_PASS_FILE=/run/secrets/vicidial API_KEY_FILE=/run/secrets/key vicidial-gateway serve`
    )
    .action(serve)
}

/** Becomes the server in the same process, so that signals reach it and nothing of this program stays in memory. */
function serve(): void {
  if (process.execve === undefined) throw new CommandFailure('serve needs a system with execve, like Linux.')
  // The built server has the extension of this built file.
  const server = join(SOURCES, `server${extname(import.meta.filename)}`)
  process.execve(process.execPath, [process.execPath, YOUNG_GENERATION, NO_SQLITE_WARNING, server], {
    NODE_COMPILE_CACHE: COMPILE_CACHE,
    MALLOC_ARENA_MAX: MALLOC_ARENAS,
    ...process.env
  })
}
