/**
 * The tables of the cluster. `owner` has one row. A row of `members` is a process; `schema` is the newest version of
 * the schema that it knows. A row of `quotas` is what gateways have taken for a caller in the minute that ends at
 * `ends_at`. A row of `login_notes` is a refused login, or one whose end is not known; `is_over` once the login was
 * accepted again.
 */
export const CLUSTER = `
  CREATE TABLE owner (
    id smallint PRIMARY KEY CHECK (id = 1),
    term bigint NOT NULL UNIQUE,
    gateway text NOT NULL,
    taken_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    is_released boolean NOT NULL,
    wait_ms integer NOT NULL,
    state jsonb NOT NULL
  );
  INSERT INTO owner VALUES (1, 0, '', 'epoch', 'epoch', true, 0, '{}');
  CREATE TABLE members (
    gateway text PRIMARY KEY,
    run uuid NOT NULL,
    address text,
    version text NOT NULL,
    protocol integer NOT NULL,
    oldest_protocol integer NOT NULL,
    schema integer NOT NULL,
    fingerprint text NOT NULL,
    accounts text[] NOT NULL,
    started_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL
  );
  CREATE TABLE cluster_secret (
    id smallint PRIMARY KEY CHECK (id = 1),
    secret text NOT NULL
  );
  CREATE TABLE quotas (
    caller text NOT NULL,
    unit text NOT NULL,
    used bigint NOT NULL,
    granted bigint NOT NULL,
    ends_at timestamptz NOT NULL,
    PRIMARY KEY (caller, unit)
  );
  CREATE TABLE login_notes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    login text NOT NULL,
    said text,
    is_over boolean NOT NULL DEFAULT false,
    at timestamptz NOT NULL
  );
  CREATE INDEX login_notes_of ON login_notes (login, at);
  CREATE TABLE sessions (
    id_hash text PRIMARY KEY,
    key_hash text NOT NULL,
    ends_at timestamptz NOT NULL
  );
`
