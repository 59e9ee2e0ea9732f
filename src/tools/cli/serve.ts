import { extname, join } from 'node:path'
import { Command } from 'commander'
import { CommandFailure } from './command-failure.ts'

const SOURCES = join(import.meta.dirname, '../..')
/** A young generation of 1 MiB instead of 16 takes 17 MB less and costs nothing that could be measured. */
const NODE_FLAGS = ['--max-semi-space-size=1']
/** Without it every module is compiled at the start: 25 MB more at rest. */
const COMPILE_CACHE = join(SOURCES, '../node_modules/.cache/node')
/** As many for each thread as there would be otherwise keep 2 MB that were freed. */
const MALLOC_ARENAS = '2'

/** `serve`: the gateway itself. */
export function serveCommand(): Command {
  return new Command('serve')
    .description('Starts the gateway. Its settings are environment variables: see docs/configuration.md.')
    .addHelpText(
      'after',
      `
SIGTERM lets it finish what it has in hand and ends it; SIGHUP lets it read the file of GATEWAY_CONFIG again.

Example:
  VICIDIAL_URL=https://dialer.example/vicidial/non_agent_api.php VICIDIAL_USER=gateway \\
    VICIDIAL_PASS_FILE=/run/secrets/vicidial API_KEY_FILE=/run/secrets/key vicidial-gateway serve`
    )
    .action(serve)
}

/** Becomes the server: the same process, so that signals reach it, and nothing of this program stays in its memory. */
function serve(): void {
  if (process.execve === undefined) throw new CommandFailure('serve needs a system with execve, like Linux.')
  // Built, the server has this file's other extension.
  const server = join(SOURCES, `server${extname(import.meta.filename)}`)
  process.execve(process.execPath, [process.execPath, ...NODE_FLAGS, server], {
    NODE_COMPILE_CACHE: COMPILE_CACHE,
    MALLOC_ARENA_MAX: MALLOC_ARENAS,
    ...process.env
  })
}
