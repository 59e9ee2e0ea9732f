import { runKeyCommand, USAGE, UsageError } from './command-line.ts'

/** `npm run key`: prints a new key. */
try {
  process.stdout.write(runKeyCommand(process.argv.slice(2), Date.now()))
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  process.stderr.write(`${error.message}\n\n${USAGE}`)
  process.exitCode = 2
}
