import type { Writable } from 'node:stream'
import type { Command } from 'commander'
import { errorCode } from '../../error-code.ts'

/** Prints a line to standard output: the result of a command. */
export function print(command: Command, text: string): void {
  command.configureOutput().writeOut?.(`${text}\n`)
}

/** Prints a line to standard error: a note for people, not for programs. */
export function tell(command: Command, text: string): void {
  command.configureOutput().writeErr?.(`${text}\n`)
}

/** Adds the option to print JSON instead of text. */
export function withJson(command: Command): Command {
  return command.option('--json', 'print JSON')
}

/** An example for the end of a command's help. */
export function example(...lines: readonly string[]): string {
  return `\nExample:\n  vicidial-gateway ${lines.join('\n  ')}`
}

/** Keeps the program running when a reader of its output exits, like `head`. It finishes its work. */
export function outliveReaders(...outputs: readonly Writable[]): void {
  for (const output of outputs) {
    output.on('error', (error) => {
      if (errorCode(error) !== 'EPIPE') throw error
    })
  }
}
