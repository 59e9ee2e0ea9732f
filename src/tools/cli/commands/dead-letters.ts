import { Command } from 'commander'
import type { DeadLetter, Replayed } from '../../../client/client.ts'
import { answerOf, connect, type ConnectionFlags, withConnection } from '../connection.ts'
import { example, print, tell, withJson } from '../output.ts'
import { type PageFlags, pages, withPages } from '../pages.ts'
import { leadOf } from '../results.ts'
import { plain, table } from '../table.ts'

interface Flags extends ConnectionFlags {
  readonly json?: true
}

interface ReplayFlags extends Flags {
  readonly code?: string
  readonly all?: true
  readonly force?: true
}

const COLUMNS = ['DEAD LETTER', 'JOB', 'CALLER', 'LEAD', 'FIELDS', 'TRIES', 'DIED', 'ERROR']

/** `dead-letters`: updates that failed for good. */
export function deadLettersCommand(): Command {
  return new Command('dead-letters')
    .description('Dead letters of a running gateway: updates that failed for good.')
    .addCommand(listCommand())
    .addCommand(replayCommand())
}

function listCommand(): Command {
  const command = new Command('list')
    .description("Lists dead letters, newest first. An operator's key lists those of all callers.")
    .option('--job <job>', 'only dead letters of this job')
    .option('--code <code>', 'only those whose last error has this code')
  return withJson(withConnection(withPages(command)))
    .addHelpText('after', example('dead-letters list --all --json'))
    .action(
      async ({ job, code, ...flags }: Flags & PageFlags & { job?: string; code?: string }, self: Command) => {
        const client = await connect(flags, self)
        const { items, more } = await pages(flags, async (page) => {
          const query = {
            ...page,
            ...(job !== undefined && { job_id: job }),
            ...(code !== undefined && { code })
          }
          const answer = await answerOf(client.GET('/v1/dead-letters', { params: { query } }), 'dead_letters')
          return { items: answer.dead_letters, next: answer.next_cursor }
        })
        print(
          self,
          flags.json ? JSON.stringify({ dead_letters: items, more }) : table(COLUMNS, items.map(row))
        )
        if (more) tell(self, `There are more than ${items.length}: use --limit or --all.`)
      }
    )
}

function replayCommand(): Command {
  return withJson(withConnection(new Command('replay')))
    .description('Delivers dead letters again, as new jobs, one for each caller and source.')
    .argument('[ids...]', 'ids of dead letters')
    .option('--all', 'replay all of them, oldest first')
    .option('--code <code>', 'replay all whose last error has this code, oldest first')
    .option('--force', 'also set fields that newer updates have set since')
    .addHelpText('after', example('dead-letters replay dl_000000000001 dl_000000000002'))
    .action(async (ids: string[], { all, code, force, ...flags }: ReplayFlags, self: Command) => {
      const given = [ids.length > 0, all === true, code !== undefined].filter(Boolean)
      if (given.length !== 1) self.error('error: give ids of dead letters, or --code, or --all')
      const client = await connect(flags, self)
      const body = {
        force: force === true,
        ...(ids.length > 0 && { ids }),
        ...(code !== undefined && { code })
      }
      const ask = () => answerOf(client.POST('/v1/dead-letters/replay', { body }), 'jobs')
      for await (const answer of replays(ask, ids.length === 0))
        print(self, flags.json ? JSON.stringify(answer) : replayed(answer))
    })
}

/** One request replays a limited number. Repeats it while the remaining number goes down. */
async function* replays(ask: () => Promise<Replayed>, again: boolean): AsyncGenerator<Replayed> {
  let remaining = Infinity
  for (;;) {
    const answer = await ask()
    yield answer
    if (!again || answer.remaining === 0 || answer.remaining >= remaining) return
    remaining = answer.remaining
  }
}

function replayed({ jobs, remaining, refused = 0 }: Replayed): string {
  const accepted = jobs.map(({ id, updates }) => `${plain(id ?? 'no job')}: replayed ${updates}`)
  return [...accepted, `remaining ${remaining}, refused ${refused}`].join('\n')
}

function row(letter: DeadLetter) {
  const { id, job_id, caller, fields, tries, died_at, result } = letter
  const error = result.error ? `${result.error.code}: ${result.error.detail}` : ''
  return [id, job_id, caller, leadOf(result), fields.join(','), tries, died_at, error]
}
