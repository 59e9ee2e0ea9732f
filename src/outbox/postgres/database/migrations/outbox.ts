/**
 * The tables of accepted updates, their jobs, and their results.
 *
 * `updates.id` numbers all updates in the order of their acceptance. A job's updates have ids between its `first_id` and
 * `last_id`, in their order; updates of jobs that another gateway stored at the same moment may be among them.
 * `updates.xid` is the transaction that stored an update: the owner finds new ones by it, and in a restored dump gives it
 * a number that fits, see pending/restored.ts. For `updates.state` see
 * update-state.ts. Texts in indexes are compared by their bytes, whatever the database's language is. A row of
 * `running_hours` is added for each hour that a gateway has run; jobs accepted later have at least the number `next_job`.
 * `set_aside` has what is stored of rows that can't be read. `queue_state` has what the owner last reported of the queue, and how
 * many dead letters were replayed or deleted so far. `requests_in_progress` has requests with an idempotency key; a gateway
 * keeps its own alive. A row of `imports` is a copy from SQLite; while it is not finished, no gateway works with the tables.
 */
export const OUTBOX = `
  CREATE SEQUENCE update_ids;
  CREATE TABLE jobs (
    n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text COLLATE "C" NOT NULL UNIQUE,
    caller text COLLATE "C" NOT NULL,
    request_id text NOT NULL,
    key_id text,
    replayed_by text,
    source text COLLATE "C" NOT NULL,
    origin text NOT NULL,
    status text COLLATE "C" NOT NULL,
    first_id bigint NOT NULL,
    last_id bigint NOT NULL,
    received integer NOT NULL,
    pending integer NOT NULL,
    calls integer NOT NULL DEFAULT 0,
    counts text NOT NULL,
    accepted_at bigint NOT NULL,
    finished_at bigint
  ) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
  CREATE INDEX finished_jobs ON jobs (finished_at, n) WHERE finished_at IS NOT NULL;
  CREATE INDEX jobs_of_callers ON jobs (caller, n);
  CREATE INDEX jobs_of_callers_by_status ON jobs (caller, status, n);
  CREATE INDEX jobs_of_sources ON jobs (source, n);
  CREATE INDEX jobs_of_statuses ON jobs (status, n);

  CREATE TABLE updates (
    id bigint PRIMARY KEY DEFAULT nextval('update_ids'),
    job bigint NOT NULL,
    position integer NOT NULL,
    account text COLLATE "C" NOT NULL,
    lead text COLLATE "C",
    on_multiple text,
    key_match text,
    changes text,
    sequence bigint NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    due_at bigint NOT NULL,
    state smallint NOT NULL,
    status text,
    result text,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id()
  ) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
  CREATE INDEX unfinished_updates ON updates (lead, sequence) WHERE state < 2;
  CREATE INDEX unfinished_keys ON updates (sequence) WHERE state < 2 AND lead > 'lead_id;';
  CREATE INDEX dead_updates ON updates (id) WHERE state = 1;
  CREATE INDEX new_updates ON updates (xid, id) WHERE state = 0;

  CREATE TABLE newest_writes (
    lead text COLLATE "C" NOT NULL,
    field text COLLATE "C" NOT NULL,
    sequence bigint NOT NULL,
    PRIMARY KEY (lead, field)
  );

  CREATE TABLE idempotency_records (
    caller text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    fingerprint text NOT NULL,
    http_status integer NOT NULL,
    content_type text NOT NULL,
    body text NOT NULL,
    at bigint NOT NULL,
    PRIMARY KEY (caller, key)
  ) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
  CREATE INDEX old_idempotency_records ON idempotency_records (at);
  CREATE UNLOGGED TABLE requests_in_progress (
    caller text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    gateway text COLLATE "C" NOT NULL,
    request bigint NOT NULL,
    alive_until timestamptz NOT NULL,
    PRIMARY KEY (caller, key)
  );

  CREATE TABLE history (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at bigint NOT NULL,
    caller text COLLATE "C" NOT NULL,
    lead bigint,
    key text,
    fields text NOT NULL,
    stored text,
    status text COLLATE "C" NOT NULL,
    code text,
    detail text,
    key_id text,
    replayed_by text,
    request_id text NOT NULL,
    job_id text,
    account text COLLATE "C" NOT NULL,
    source text COLLATE "C" NOT NULL
  ) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
  CREATE INDEX history_times ON history (at, id);
  CREATE INDEX history_of_leads ON history (lead, id) WHERE lead IS NOT NULL;
  CREATE INDEX history_of_callers ON history (caller, id);

  CREATE TABLE set_aside (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at bigint NOT NULL,
    origin text NOT NULL,
    content text NOT NULL
  );
  CREATE TABLE running_hours (
    hour bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at bigint NOT NULL,
    next_job bigint NOT NULL
  );
  CREATE TABLE queue_state (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    content text NOT NULL,
    dead_letters_removed bigint NOT NULL DEFAULT 0
  );
  CREATE TABLE imports (
    source text PRIMARY KEY,
    next_table integer NOT NULL,
    position text NOT NULL,
    finished_at timestamptz
  );
  INSERT INTO queue_state (content) VALUES ('{"pending":{},"deadLetters":0}');
`
