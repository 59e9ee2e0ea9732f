import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { createInterface } from 'node:readline/promises'
import { Command, InvalidArgumentError } from 'commander'
import { CommandFailure } from './command-failure.ts'
import { print, tell } from './output.ts'

interface CheckFlags {
  readonly testLead?: number
  readonly yes?: true
  readonly json?: true
}

/** Signals that end a program; a lead that was changed for a moment is put back first. */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const SIGNAL_MS = 1_000

/** `check`: whether the configuration and VICIdial fit. */
export function checkCommand(): Command {
  return new Command('check')
    .description('Tests the configuration and VICIdial, and says what is wrong and how to mend it.')
    .option(
      '--test-lead <id>',
      'also write a letter like é to a field of this lead, read what VICIdial stored, and put the old value back',
      readLead
    )
    .option('-y, --yes', 'do not ask before --test-lead changes the lead')
    .option('--json', 'print the steps as JSON')
    .addHelpText(
      'after',
      `
Reads the settings that the gateway reads: see docs/configuration.md. Each account logs in; a refused login is not
tried again. Without --test-lead nothing is changed. Ends with 0 if there is no fault, though perhaps warnings.

Example:
  vicidial-gateway check --test-lead 101`
    )
    .action(runCheck)
}

async function runCheck(flags: CheckFlags, command: Command): Promise<void> {
  const { testLead: lead, yes, json } = flags
  if (yes && lead === undefined) command.error('error: --yes is for --test-lead, and there is none')
  if (lead !== undefined && !yes && !process.stdin.isTTY)
    command.error(
      'error: --test-lead changes a lead for a moment: without a terminal to ask on, it needs --yes'
    )
  const { check } = await import('../check/check.ts')
  const { lineOf, summaryOf } = await import('../check/line.ts')
  const { loadConfig } = await import('../../config/config.ts')
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
          tell(command, question)
          return yes === true || (await ask('Go on? [y/N] '))
        },
        untilDone: <Result>(work: () => Promise<Result>) =>
          held.during(work, () => tell(command, `One moment: lead ${lead} is put back first.`))
      }
    })
  })
  const isFaulty = steps.some(({ status }) => status === 'fault')
  print(command, json ? JSON.stringify({ ok: !isFaulty, steps }) : summaryOf(steps))
  await held.raise()
  if (isFaulty) throw new CommandFailure('')
}

/** A signal that would have ended the program while it could not be ended. */
class HeldSignal {
  #came: NodeJS.Signals | undefined

  /** Does work to its end; tells if a signal comes meanwhile. */
  async during<Result>(work: () => Promise<Result>, onSignal: () => void): Promise<Result> {
    const hold = (signal: NodeJS.Signals) => {
      this.#came = signal
      onSignal()
    }
    for (const signal of ENDING) process.on(signal, hold)
    try {
      return await work()
    } finally {
      for (const signal of ENDING) process.off(signal, hold)
    }
  }

  /** Ends the program as the signal would have. */
  async raise(): Promise<void> {
    if (this.#came === undefined) return
    process.kill(process.pid, this.#came)
    // What else listens to signals may be told first; the program must not be over before.
    await pause(SIGNAL_MS)
  }
}

/** Asks on the terminal; what is printed for machines stays apart. Ctrl+C and Ctrl+D mean no. */
async function ask(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  const closed = once(terminal, 'close').then(() => '')
  // Ctrl+C is an error to it.
  const answer = terminal.question(question).catch(() => '')
  try {
    return /^y(?:es)?$/i.test((await Promise.race([answer, closed])).trim())
  } finally {
    terminal.close()
  }
}

function readLead(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It is a lead id: 1 to 9 digits.')
  return Number(text)
}
