-- Up Migration

CREATE TABLE channels (
  id          text PRIMARY KEY,
  handle      text NOT NULL UNIQUE,
  owner_id    text NOT NULL,
  title       text NOT NULL,
  description text NOT NULL,
  settings    jsonb NOT NULL,
  created_at  timestamptz NOT NULL
);

CREATE INDEX channels_owner ON channels (owner_id);

CREATE TABLE moderators (
  channel_id text NOT NULL REFERENCES channels ON DELETE CASCADE,
  user_id    text NOT NULL,
  granted_at timestamptz NOT NULL,
  PRIMARY KEY (channel_id, user_id)
);

CREATE INDEX moderators_user ON moderators (user_id);

CREATE TABLE follows (
  user_id     text NOT NULL,
  channel_id  text NOT NULL REFERENCES channels ON DELETE CASCADE,
  followed_at timestamptz NOT NULL,
  PRIMARY KEY (user_id, channel_id)
);

CREATE INDEX follows_channel ON follows (channel_id);

CREATE TABLE stream_keys (
  id           text PRIMARY KEY,
  channel_id   text NOT NULL REFERENCES channels ON DELETE CASCADE,
  label        text NOT NULL,
  -- SHA-256 of the whole key: 160 random bits need no slow hash (OWASP ASVS 6.5.2).
  hash         bytea NOT NULL,
  created_at   timestamptz NOT NULL,
  last_used_at timestamptz,
  revoked_at   timestamptz
);

CREATE INDEX stream_keys_channel ON stream_keys (channel_id);

CREATE TABLE streams (
  id               text PRIMARY KEY,
  channel_id       text NOT NULL REFERENCES channels ON DELETE CASCADE,
  title            text NOT NULL,
  visibility       text NOT NULL CHECK (visibility IN ('public', 'unlisted', 'private')),
  passphrase_hash  text,
  state            text NOT NULL CHECK (state IN ('created', 'waiting', 'live', 'interrupted', 'ended', 'archived')),
  -- Prepared by the owner, rather than made by the first publish.
  scheduled        boolean NOT NULL,
  scheduled_for    timestamptz,
  created_at       timestamptz NOT NULL,
  started_at       timestamptz,
  ended_at         timestamptz,
  -- While interrupted: since when.
  interrupted_at   timestamptz,
  -- A publisher was let in and has until then to say that it has started.
  reserved_until   timestamptz,
  reserved_key_id  text,
  -- The publisher in place.
  session_id       text,
  key_id           text,
  source           text,
  region           text,
  -- When its publisher was last known to be there.
  seen_at          timestamptz,
  -- Fencing token of the packager that spoke last.
  packaging_token  bigint NOT NULL DEFAULT 0,
  renditions       jsonb NOT NULL DEFAULT '[]'
);

CREATE INDEX streams_channel ON streams (channel_id, created_at DESC, id DESC);
CREATE INDEX streams_state ON streams (state, started_at DESC);

-- A channel has one broadcast in progress.
CREATE UNIQUE INDEX streams_in_progress ON streams (channel_id) WHERE state IN ('waiting', 'live', 'interrupted');

CREATE TABLE stream_events (
  id        bigserial PRIMARY KEY,
  stream_id text NOT NULL REFERENCES streams ON DELETE CASCADE,
  at        timestamptz NOT NULL,
  type      text NOT NULL,
  detail    text NOT NULL
);

CREATE INDEX stream_events_stream ON stream_events (stream_id, id DESC);

-- Gates follow this list by id. Writers take an advisory lock first, so that ids appear in order.
CREATE TABLE revocations (
  id        bigserial PRIMARY KEY,
  key_id    text NOT NULL,
  -- Absent: the key is revoked. Present: that stream was ended, and the key stays good.
  stream_id text,
  at        timestamptz NOT NULL
);

CREATE TABLE recordings (
  stream_id        text PRIMARY KEY REFERENCES streams ON DELETE CASCADE,
  state            text NOT NULL CHECK (state IN ('processing', 'available', 'archived', 'restoring', 'restored', 'failed')),
  region           text NOT NULL,
  created_at       timestamptz NOT NULL,
  duration_seconds double precision NOT NULL DEFAULT 0,
  bytes            bigint NOT NULL DEFAULT 0,
  width            integer NOT NULL DEFAULT 0,
  height           integer NOT NULL DEFAULT 0,
  retention_days   integer NOT NULL,
  archived_at      timestamptz,
  ready_by         timestamptz,
  expires_at       timestamptz
);

CREATE INDEX recordings_state ON recordings (state);

CREATE TABLE restores (
  id         bigserial PRIMARY KEY,
  owner_id   text NOT NULL,
  stream_id  text NOT NULL,
  bytes      bigint NOT NULL,
  at         timestamptz NOT NULL
);

CREATE INDEX restores_owner ON restores (owner_id, at);

CREATE TABLE webhooks (
  id         text PRIMARY KEY,
  channel_id text NOT NULL REFERENCES channels ON DELETE CASCADE,
  url        text NOT NULL,
  events     text[] NOT NULL,
  created_at timestamptz NOT NULL,
  enabled    boolean NOT NULL DEFAULT true,
  failures   integer NOT NULL DEFAULT 0
);

CREATE INDEX webhooks_channel ON webhooks (channel_id);

CREATE TABLE webhook_deliveries (
  id              text PRIMARY KEY,
  webhook_id      text NOT NULL REFERENCES webhooks ON DELETE CASCADE,
  event           text NOT NULL,
  payload         jsonb NOT NULL,
  created_at      timestamptz NOT NULL,
  status          text NOT NULL CHECK (status IN ('pending', 'delivered', 'given-up')),
  attempts        integer NOT NULL DEFAULT 0,
  next_attempt_at timestamptz NOT NULL,
  response_status integer
);

CREATE INDEX webhook_deliveries_due ON webhook_deliveries (next_attempt_at) WHERE status = 'pending';
CREATE INDEX webhook_deliveries_webhook ON webhook_deliveries (webhook_id, created_at DESC);

-- Objects to delete and paths to purge from the CDN, kept until both are done.
CREATE TABLE takedowns (
  id              bigserial PRIMARY KEY,
  stream_id       text NOT NULL,
  region          text NOT NULL,
  -- Whether the recording goes too, or only what the CDN serves.
  recording       boolean NOT NULL,
  attempts        integer NOT NULL DEFAULT 0,
  next_attempt_at timestamptz NOT NULL
);

CREATE INDEX takedowns_due ON takedowns (next_attempt_at);
