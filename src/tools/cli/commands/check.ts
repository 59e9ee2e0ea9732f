import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { createInterface } from 'node:readline/promises'
import { Command, InvalidArgumentError } from 'commander'
import { CommandFailure } from '../command-failure.ts'
import { print, tell } from '../output.ts'

interface CheckFlags {
  readonly testLead?: number
  readonly yes?: true
  readonly json?: true
}

/** Signals that end the program. A changed test lead is restored first. */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const SIGNAL_MS = 1_000

/** `check`: checks the configuration and VICIdial. */
export function checkCommand(): Command {
  return new Command('check')
    .description('Checks the setup and suggests fixes.')
    .option(
      '--test-lead <id>',
      'also write texts to two fields of this lead, read them back, and restore the old values',
      readLead
    )
    .option('-y, --yes', 'do not ask before --test-lead changes the lead')
    .option('--json', 'print the steps as JSON')
    .addHelpText(
      'after',
      `
Reads the gateway's settings (see docs/configuration.md). Logs in once for each account, and does not retry a refused
login. Changes nothing without --test-lead. Exits with 0 if there is no fault, even with warnings.

Example:
  vicidial-gateway check --test-lead 101`
    )
    .action(runCheck)
}

async function runCheck(flags: CheckFlags, command: Command): Promise<void> {
  const { testLead: lead, yes, json } = flags
  if (yes && lead === undefined) command.error('error: --yes needs --test-lead')
  if (lead !== undefined && !yes && !process.stdin.isTTY)
    command.error(
      'error: --test-lead changes a lead for a moment: without a terminal to ask on, it needs --yes'
    )
  const { check } = await import('../../check/check.ts')
  const { lineOf, summaryOf } = await import('../../check/line.ts')
  const { loadConfig } = await import('../../../config/config.ts')
  const isTerminal = command.configureOutput().getOutHasColors?.() ?? false
  const held = new HeldSignal()
  const steps = await check({
    readConfig: () => loadConfig(process.env),
    onStep: (step) => {
      if (!json) print(command, lineOf(step, isTerminal))
    },
    ...(lead !== undefined && {
      testLead: {
        lead,
        consent: async (question: string) => {
          if (held.isHeld) return false
          tell(command, question)
          return yes === true || (await ask('Continue? [y/N] '))
        },
        untilDone: <Result>(work: () => Promise<Result>) =>
          held.during(work, () => tell(command, `Restoring lead ${lead} first.`))
      }
    })
  })
  const isFaulty = steps.some(({ status }) => status === 'fault')
  print(command, json ? JSON.stringify({ ok: !isFaulty, steps }) : summaryOf(steps))
  await held.raise()
  if (isFaulty) throw new CommandFailure('')
}

/** Holds back a signal while the program must not end. */
class HeldSignal {
  #held: NodeJS.Signals | undefined

  get isHeld(): boolean {
    return this.#held !== undefined
  }

  /** Runs work to its end. Calls `onSignal` if a signal arrives before that. */
  async during<Result>(work: () => Promise<Result>, onSignal: () => void): Promise<Result> {
    const hold = (signal: NodeJS.Signals) => {
      this.#held = signal
      onSignal()
    }
    for (const signal of ENDING) process.on(signal, hold)
    try {
      return await work()
    } finally {
      for (const signal of ENDING) process.off(signal, hold)
    }
  }

  /** Ends the program with the held signal, if there is one. */
  async raise(): Promise<void> {
    if (this.#held === undefined) return
    process.kill(process.pid, this.#held)
    // Other listeners may handle the signal first, so the program must not exit before.
    await pause(SIGNAL_MS)
  }
}

/** Asks on the terminal, apart from standard output. Ctrl+C and Ctrl+D mean no. */
async function ask(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  const closed = once(terminal, 'close').then(() => '')
  // Ctrl+C rejects it.
  const answer = terminal.question(question).catch(() => '')
  try {
    return /^y(?:es)?$/i.test((await Promise.race([answer, closed])).trim())
  } finally {
    terminal.close()
  }
}

function readLead(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a lead id: 1 to 9 digits.')
  return Number(text)
}
