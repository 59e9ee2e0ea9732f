import type { Writable } from 'node:stream'
import type { Command } from 'commander'
import { errorCode } from '../../error-code.ts'

/** Writes a line to standard output: what the command was asked for. */
export function print(command: Command, text: string): void {
  command.configureOutput().writeOut?.(`${text}\n`)
}

/** Writes a line to standard error: what a reader may want to know, and a machine does not. */
export function tell(command: Command, text: string): void {
  command.configureOutput().writeErr?.(`${text}\n`)
}

/** Adds the option of a command that prints JSON instead of text for people. */
export function withJson(command: Command): Command {
  return command.option('--json', 'print JSON')
}

/** The end of a command's help: how it is used. */
export function example(...lines: readonly string[]): string {
  return `\nExample:\n  vicidial-gateway ${lines.join('\n  ')}`
}

/** A reader that goes away, like `head`, does not end the program: what it has begun, it finishes. */
export function outliveReaders(...outputs: readonly Writable[]): void {
  for (const output of outputs) {
    output.on('error', (error) => {
      if (errorCode(error) !== 'EPIPE') throw error
    })
  }
}
