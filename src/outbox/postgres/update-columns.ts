/** The fields of an update that newer writes of its lead have set, as a JSON list; null without any. */
const SUPERSEDED = `(SELECT json_agg(w.field ORDER BY w.field)::text FROM newest_writes AS w
  WHERE w.lead = u.lead AND w.sequence > u.sequence) AS superseded`

/** What is read of an update `u` with its job `j`; see `RowReader`. */
export const UPDATE_COLUMNS = `u.id, u.position, u.account, u.lead, u.on_multiple, u.key_match, u.changes, u.sequence,
  u.attempts, u.due_at, u.status, u.result, j.id AS job_id, j.caller, j.request_id, j.key_id, j.replayed_by, j.source,
  j.accepted_at, ${SUPERSEDED}`
