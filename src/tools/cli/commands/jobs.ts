import { Command, Option } from 'commander'
import type { JobSummary, ReplayedJob } from '../../../client/client.ts'
import { answerOf, connect, type ConnectionFlags, withConnection } from '../connection.ts'
import { example, print, tell, withJson } from '../output.ts'
import { type PageFlags, pages, withPages } from '../pages.ts'
import { resultRow, RESULT_COLUMNS } from '../results.ts'
import { plain, table } from '../table.ts'

interface Flags extends ConnectionFlags {
  readonly json?: true
}

interface ListFlags extends Flags, PageFlags {
  readonly status?: JobSummary['status']
  readonly source?: string
}

const STATUSES: readonly JobSummary['status'][] = ['queued', 'running', 'completed', 'partial', 'failed']
const COLUMNS = ['JOB', 'STATUS', 'CALLER', 'SOURCE', 'ORIGIN', 'ACCEPTED', 'UPDATES', 'UPDATED']

/** `jobs`: updates accepted for later delivery, and their results. */
export function jobsCommand(): Command {
  return new Command('jobs')
    .description('Jobs of a running gateway: accepted updates and their results.')
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(replayCommand())
    .addCommand(cancelCommand())
}

function listCommand(): Command {
  const command = new Command('list')
    .description("Lists jobs, newest first. An operator's key lists those of all callers.")
    .addOption(new Option('--status <status>', 'only jobs with this status').choices(STATUSES))
    .option('--source <source>', 'only jobs with this VICIdial source')
  return withJson(withConnection(withPages(command)))
    .addHelpText('after', example('jobs list --status partial'))
    .action(async ({ status, source, ...flags }: ListFlags, self: Command) => {
      const client = await connect(flags, self)
      const { items, more } = await pages(flags, async (page) => {
        const query = { ...page, ...(status && { status }), ...(source !== undefined && { source }) }
        const { jobs, next_cursor } = await answerOf(client.GET('/v1/jobs', { params: { query } }), 'jobs')
        return { items: jobs, next: next_cursor }
      })
      print(self, flags.json ? JSON.stringify({ jobs: items, more }) : table(COLUMNS, items.map(row)))
      if (more) tell(self, `There are more than ${items.length}: use --limit or --all.`)
    })
}

function showCommand(): Command {
  return withJson(withConnection(new Command('show')))
    .description('Shows a job and the results of its updates so far.')
    .argument('<job>', 'the id of the job')
    .addHelpText('after', example('jobs show job_01M8A8B0TVK3H9QP4QTBW4RGZ1'))
    .action(async (id: string, flags: Flags, self: Command) => {
      const client = await connect(flags, self)
      const job = await answerOf(client.GET('/v1/jobs/{id}', { params: { path: { id } } }), 'results')
      if (flags.json) {
        print(self, JSON.stringify(job))
        return
      }
      print(self, table(COLUMNS, [row(job)]))
      print(self, '')
      print(self, table(RESULT_COLUMNS, job.results.map(resultRow)))
    })
}

function replayCommand(): Command {
  return withJson(withConnection(new Command('replay')))
    .description("Delivers a job's dead letters again, as a new job.")
    .argument('<job>', 'the id of the job')
    .option('--force', 'also set fields that newer updates have set since')
    .addHelpText('after', example('jobs replay job_01M8A8B0TVK3H9QP4QTBW4RGZ1'))
    .action(async (id: string, { force, ...flags }: Flags & { force?: true }, self: Command) => {
      const client = await connect(flags, self)
      const params = { path: { id } }
      const body = { force: force === true }
      const answer = await answerOf(client.POST('/v1/jobs/{id}/replay', { params, body }), 'updates')
      print(self, flags.json ? JSON.stringify(answer) : replayed(answer))
    })
}

function cancelCommand(): Command {
  return withJson(withConnection(new Command('cancel')))
    .description("Cancels a job's updates that are not in flight yet.")
    .argument('<job>', 'the id of the job')
    .addHelpText('after', example('jobs cancel job_01M8A8B0TVK3H9QP4QTBW4RGZ1'))
    .action(async (id: string, flags: Flags, self: Command) => {
      const client = await connect(flags, self)
      const answer = await answerOf(
        client.POST('/v1/jobs/{id}/cancel', { params: { path: { id } } }),
        'cancelled'
      )
      print(self, flags.json ? JSON.stringify(answer) : `${plain(answer.id)}: cancelled ${answer.cancelled}`)
    })
}

function row({ id, status, caller, source, origin, accepted_at, summary }: JobSummary) {
  return [id, status, caller, source, origin, accepted_at, summary.received, summary.updated]
}

function replayed({ id, updates, remaining, refused = 0 }: ReplayedJob): string {
  return `${plain(id ?? 'no job')}: replayed ${updates}, remaining ${remaining}, refused ${refused}`
}
