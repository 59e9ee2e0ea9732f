import { beginInLittleMemory } from './little-memory.ts'
import { outliveReaders } from './output.ts'

const args = process.argv.slice(2)
if (args[0] === 'push') beginInLittleMemory()
outliveReaders(process.stdout, process.stderr)
const { runProgram } = await import('./program.ts')
// The exit code is left to be taken when nothing runs any more: a sandbox goes on after its command is done.
process.exitCode = await runProgram(args)
