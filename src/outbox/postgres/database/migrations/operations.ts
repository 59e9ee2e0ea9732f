/**
 * What the operations page shows. A row of `attempts` is one of the last attempts to deliver an update that did not
 * succeed at once; it is deleted with its update, also by gateways that don't know the table. A row of `result_counts` says
 * how many updates have ended in the same way in ten minutes.
 */
export const OPERATIONS = `
  CREATE TABLE attempts (
    update_id bigint NOT NULL REFERENCES updates ON DELETE CASCADE,
    number integer NOT NULL,
    at bigint NOT NULL,
    status text NOT NULL,
    code text,
    detail text,
    said text,
    PRIMARY KEY (update_id, number)
  );
  CREATE TABLE result_counts (
    at bigint NOT NULL,
    status text COLLATE "C" NOT NULL,
    code text COLLATE "C" NOT NULL,
    count bigint NOT NULL,
    PRIMARY KEY (at, status, code)
  );
`

/** For searches of the history. No entry can be added while the indexes are made. */
export const HISTORY_SEARCHES = `
  CREATE INDEX history_of_jobs ON history ((job_id COLLATE "C"), id) WHERE job_id IS NOT NULL;
  CREATE INDEX history_of_codes ON history ((code COLLATE "C"), id) WHERE code IS NOT NULL;
  CREATE INDEX history_of_callers_by_code ON history (caller, (code COLLATE "C"), id) WHERE code IS NOT NULL;
`
