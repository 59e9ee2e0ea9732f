import { readCommandLine, USAGE } from './command-line.ts'
import { type SandboxOptions, startSandbox } from './sandbox.ts'

const BAD_USAGE = 2

function readOptions(): SandboxOptions | 'help' | undefined {
  try {
    return readCommandLine(process.argv.slice(2))
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`)
    process.exitCode = BAD_USAGE
    return undefined
  }
}

const options = readOptions()
if (options === 'help') {
  process.stdout.write(USAGE)
} else if (options !== undefined) {
  try {
    const sandbox = await startSandbox(options)
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void sandbox.close())
    process.stdout.write(`listening on ${sandbox.origin}\n`)
  } catch (error) {
    process.stderr.write(`The sandbox cannot listen: ${String(error)}\n`)
    process.exitCode = 1
  }
}
