import { createInterface } from 'node:readline/promises'
import { Command, InvalidArgumentError } from 'commander'
import { CommandFailure } from './command-failure.ts'
import { print, tell } from './output.ts'
import type { TestLead } from '../check/test-lead.ts'

interface CheckFlags {
  readonly testLead?: number
  readonly yes?: true
  readonly json?: true
}

/** Signals that end a program; a lead that was changed for a moment is put back first. */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

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
  const { loadConfig } = await import('../config.ts')
  const isTerminal = command.configureOutput().getOutHasColors?.() ?? false
  const steps = await check({
    readConfig: () => loadConfig(process.env),
    onStep: (step) => {
      if (!json) print(command, lineOf(step, isTerminal))
    },
    ...(lead !== undefined && { testLead: testLead(command, lead, yes === true) })
  })
  const isFaulty = steps.some(({ status }) => status === 'fault')
  print(command, json ? JSON.stringify({ ok: !isFaulty, steps }) : summaryOf(steps))
  if (isFaulty) throw new CommandFailure('')
}

function testLead(command: Command, lead: number, isAgreed: boolean): TestLead {
  return {
    lead,
    consent: async (question) => {
      tell(command, question)
      return isAgreed || (await ask('Go on? [y/N] '))
    },
    toTheEnd: async (work) => {
      let came: NodeJS.Signals | undefined
      const note = (signal: NodeJS.Signals) => {
        came = signal
        tell(command, `One moment: lead ${lead} is put back first.`)
      }
      for (const signal of ENDING) process.on(signal, note)
      try {
        return await work()
      } finally {
        for (const signal of ENDING) process.off(signal, note)
        if (came !== undefined) process.kill(process.pid, came)
      }
    }
  }
}

/** Asks on the terminal; what is printed for machines stays apart. */
async function ask(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return /^y(?:es)?$/i.test((await terminal.question(question)).trim())
  } finally {
    terminal.close()
  }
}

function readLead(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It is a lead id: 1 to 9 digits.')
  return Number(text)
}
