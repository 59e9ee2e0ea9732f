import { test } from 'tap'
import { StorageError } from '../../src/errors.ts'
import { Jobs, type JobsOptions } from '../../src/jobs/jobs.ts'

/** Jobs of an outbox that can only read them. */
function jobsOf(find: () => Promise<unknown>): Jobs {
  const outbox = { jobs: { find, onEnd: () => () => {} } } as unknown as JobsOptions['outbox']
  const owner = { wake: () => {}, cancel: async () => 0 }
  return new Jobs({ outbox, maxPending: 1_000, accounts: new Set(['default']), owner })
}

test('a request that waits for its job gets no error if the job cannot be read: it is accepted', async (t) => {
  const failing = jobsOf(() => Promise.reject(new StorageError('The database cannot be read.')))
  t.equal(await failing.ended('job_1', 1_000), undefined)
  const wrong = jobsOf(() => Promise.reject(new RangeError('no such row')))
  await t.rejects(wrong.ended('job_1', 1_000), { message: 'no such row' })
})
