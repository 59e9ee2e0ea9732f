import type { DeadLetterResponse } from '../../schemas/job.ts'
import { namesSet } from '../leads/changes.ts'
import type { DeadLetter } from '../outbox/jobs.ts'

const ID = /^dl_(\d{12,15})$/

/** A dead letter in a response. */
export function deadLetterResponse(letter: DeadLetter): DeadLetterResponse {
  const { superseded, result } = letter
  return {
    id: deadLetterId(letter.id),
    job_id: letter.jobId,
    caller: letter.caller,
    tries: letter.attempts,
    died_at: new Date(letter.diedAt).toISOString(),
    fields: namesSet(letter.update.changes),
    ...(superseded.length > 0 ? { superseded: [...superseded] } : {}),
    result
  }
}

/** The number in a dead letter's id; undefined if the id is not well formed. */
export function parseDeadLetterId(id: string): number | undefined {
  const number = Number(ID.exec(id)?.[1])
  return deadLetterId(number) === id ? number : undefined
}

/** The id of a dead letter in requests and responses. */
export function deadLetterId(number: number): string {
  return `dl_${String(number).padStart(12, '0')}`
}
