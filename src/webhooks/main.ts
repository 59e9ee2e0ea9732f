import { readCommandLine, USAGE, UsageError } from './command-line.ts'
import { tryPayload } from './try.ts'

/** `npm run webhook`: prints what a payload would become. */
try {
  const options = readCommandLine(process.argv.slice(2))
  if (options === 'help') {
    process.stdout.write(USAGE)
  } else {
    const { text, exitCode } = await tryPayload(options, process.env)
    const stream = exitCode === 2 ? process.stderr : process.stdout
    stream.write(text)
    process.exitCode = exitCode
  }
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  process.stderr.write(`${error.message}\n\n${USAGE}`)
  process.exitCode = 2
}
