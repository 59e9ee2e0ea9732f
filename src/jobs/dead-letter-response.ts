import type { DeadLetterAnswer } from '../../schemas/job.ts'
import type { DeadLetter } from '../outbox/jobs.ts'

const ID = /^dl_(\d{12,15})$/

/** A dead letter as it is listed. */
export function deadLetterAnswer(letter: DeadLetter): DeadLetterAnswer {
  const { superseded, result } = letter
  return {
    id: deadLetterId(letter.id),
    job_id: letter.jobId,
    caller: letter.caller,
    tries: letter.attempts,
    died_at: new Date(letter.diedAt).toISOString(),
    fields: Object.keys(letter.update.changes.stored),
    ...(superseded.length > 0 ? { superseded: [...superseded] } : {}),
    result
  }
}

/** The `seq` of the dead letter that an id names; undefined if it could be none's. */
export function seqOfDeadLetter(id: string): number | undefined {
  const seq = Number(ID.exec(id)?.[1])
  return deadLetterId(seq) === id ? seq : undefined
}

function deadLetterId(seq: number): string {
  return `dl_${String(seq).padStart(12, '0')}`
}
