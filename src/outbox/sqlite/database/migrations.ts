/**
 * The versions of the schema, oldest first; `PRAGMA user_version` is the number of those that a database has.
 *
 * `updates.id` numbers all updates ever accepted; a job's updates have consecutive ids from `jobs.first_id`. For
 * `updates.state` see update-state.ts. The rows of `history` that belong to a record have consecutive ids from
 * `history_records.first`. A row of `running_hours` is added for each hour that a gateway has run on the database;
 * jobs accepted later have at least the number `next_job`. A row of `attempts` is one of the last attempts to deliver an
 * update that did not succeed at once. A row of `result_counts` says how many updates have ended in the same way in ten
 * minutes.
 */
export const MIGRATIONS = [
  `
  CREATE TABLE jobs (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    caller TEXT NOT NULL,
    source TEXT NOT NULL,
    origin TEXT NOT NULL,
    status TEXT NOT NULL,
    first_seq INTEGER NOT NULL,
    received INTEGER NOT NULL,
    open INTEGER NOT NULL,
    calls INTEGER NOT NULL,
    counts TEXT,
    accepted_at INTEGER NOT NULL,
    finished_at INTEGER
  );
  CREATE INDEX finished_jobs ON jobs (finished_at) WHERE finished_at IS NOT NULL;
  CREATE TABLE updates (
    seq INTEGER PRIMARY KEY,
    job INTEGER NOT NULL,
    place INTEGER NOT NULL,
    lead TEXT,
    on_multiple TEXT,
    changes TEXT,
    accepted_as INTEGER NOT NULL,
    superseded TEXT,
    tries INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    state INTEGER NOT NULL,
    status TEXT,
    result TEXT
  );
  CREATE INDEX unfinished_updates ON updates (lead, seq) WHERE state < 2;
  CREATE INDEX dead_updates ON updates (seq) WHERE state = 1;
  CREATE TABLE answers (
    caller TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    http_status INTEGER NOT NULL,
    content_type TEXT NOT NULL,
    body TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (caller, key)
  ) WITHOUT ROWID;
  CREATE INDEX old_answers ON answers (at);
  `,
  `
  ALTER TABLE jobs ADD COLUMN request_id TEXT NOT NULL DEFAULT '';
  ALTER TABLE jobs ADD COLUMN key_id TEXT;
  ALTER TABLE jobs ADD COLUMN replayed_by TEXT;
  CREATE INDEX jobs_of_callers ON jobs (caller, n);
  CREATE INDEX jobs_of_callers_by_status ON jobs (caller, status, n);
  CREATE INDEX jobs_of_sources ON jobs (source, n);
  CREATE INDEX jobs_of_statuses ON jobs (status, n);
  ALTER TABLE updates ADD COLUMN account TEXT NOT NULL DEFAULT 'default';
  DROP INDEX unfinished_updates;
  CREATE INDEX unfinished_updates ON updates (lead, account, seq) WHERE state < 2;
  `,
  `
  CREATE TABLE history_records (
    first INTEGER PRIMARY KEY,
    size INTEGER NOT NULL,
    at INTEGER NOT NULL,
    key_id TEXT,
    replayed_by TEXT,
    request_id TEXT NOT NULL,
    job_id TEXT,
    account TEXT NOT NULL,
    source TEXT NOT NULL
  );
  CREATE INDEX history_times ON history_records (at, first);
  CREATE TABLE history (
    n INTEGER PRIMARY KEY,
    caller TEXT NOT NULL,
    lead INTEGER,
    key TEXT,
    fields TEXT NOT NULL,
    stored TEXT,
    status TEXT NOT NULL,
    code TEXT,
    detail TEXT
  );
  CREATE INDEX history_of_leads ON history (lead, n) WHERE lead IS NOT NULL;
  CREATE INDEX history_of_callers ON history (caller, n);
  `,
  `
  ALTER TABLE updates RENAME COLUMN seq TO id;
  ALTER TABLE updates RENAME COLUMN place TO position;
  ALTER TABLE updates RENAME COLUMN accepted_as TO sequence;
  ALTER TABLE updates RENAME COLUMN tries TO attempts;
  ALTER TABLE jobs RENAME COLUMN first_seq TO first_id;
  ALTER TABLE jobs RENAME COLUMN open TO pending;
  ALTER TABLE history RENAME COLUMN n TO id;
  ALTER TABLE answers RENAME TO idempotency_records;
  `,
  `
  CREATE TABLE newest_writes (
    lead TEXT NOT NULL,
    field TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (lead, field)
  ) WITHOUT ROWID;
  INSERT INTO newest_writes (lead, field, sequence)
    SELECT lead, value, max(sequence) + 1
    FROM updates, json_each(iif(json_valid(superseded), superseded, '[]'))
    WHERE state < 2 AND superseded IS NOT NULL
    GROUP BY lead, value;
  ALTER TABLE updates DROP COLUMN superseded;
  DROP INDEX unfinished_updates;
  CREATE INDEX unfinished_updates ON updates (lead, sequence) WHERE state < 2;
  CREATE INDEX unfinished_keys ON updates (sequence) WHERE state < 2 AND lead > 'lead_id;';
  CREATE INDEX pending_updates ON updates (lead, account, id) WHERE state = 0;
  `,
  'ALTER TABLE updates ADD COLUMN key_match TEXT',
  `
  CREATE TABLE running_hours (
    hour INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    next_job INTEGER NOT NULL
  );
  `,
  `
  CREATE TABLE set_aside (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    origin TEXT NOT NULL,
    content TEXT NOT NULL
  );
  `,
  `
  CREATE TABLE attempts (
    update_id INTEGER NOT NULL REFERENCES updates (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    at INTEGER NOT NULL,
    status TEXT NOT NULL,
    code TEXT,
    detail TEXT,
    said TEXT,
    PRIMARY KEY (update_id, number)
  ) WITHOUT ROWID;
  CREATE TABLE result_counts (
    at INTEGER NOT NULL,
    status TEXT NOT NULL,
    code TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (at, status, code)
  ) WITHOUT ROWID;
  CREATE INDEX history_of_jobs ON history_records (job_id) WHERE job_id IS NOT NULL;
  CREATE INDEX history_of_codes ON history (code) WHERE code IS NOT NULL;
  CREATE INDEX history_of_callers_by_code ON history (caller, code) WHERE code IS NOT NULL;
  `
]
