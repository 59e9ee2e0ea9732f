import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Accepted } from '../../schemas/job.ts'
import { Problem } from '../../src/errors.ts'
import { auditOf } from '../../src/http/authentication.ts'
import type { Jobs } from '../../src/jobs/jobs.ts'
import type { ReplayFilter } from '../../src/jobs/dead-letter-replays.ts'
import { OPS } from '../../src/ops/page.ts'
import { replayerOf } from '../jobs.ts'
import { withDone } from './queries.ts'

interface Replayed {
  readonly jobs: readonly Accepted[]
  readonly remaining: number
  readonly refused?: number
}

/**
 * Replays dead letters, and redirects to the job that they became, or to the jobs.
 * @throws Problem conflict, permission_denied, overloaded
 */
export async function replay(
  jobs: Pick<Jobs, 'replay'>,
  which: ReplayFilter,
  isForced: boolean,
  request: FastifyRequest,
  reply: FastifyReply
): Promise<FastifyReply> {
  const replayed = await jobs.replay(
    which,
    replayerOf(request),
    isForced,
    auditOf(request),
    (accepted, left) => ({
      jobs: accepted,
      ...left
    })
  )
  if (replayed === undefined)
    throw new Problem('conflict', 'There are no such dead letters: they may have been replayed already.')
  const { jobs: made, ...left } = JSON.parse(replayed.response.body) as Replayed
  const [first] = made
  const path = made.length === 1 && first ? `${OPS}/jobs/${first.id ?? ''}` : `${OPS}/jobs`
  const count = made.reduce((sum, { updates }) => sum + updates, 0)
  return reply.redirect(withDone(path, { ...left, replayed: count }), 303)
}
