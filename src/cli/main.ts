import { runProgram } from './program.ts'

// The exit code is left to be taken when nothing runs any more: a sandbox goes on after its command is done.
process.exitCode = await runProgram(process.argv.slice(2))
