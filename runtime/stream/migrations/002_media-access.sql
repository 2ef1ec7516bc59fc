-- Up Migration

-- Whether the CDN asks for cookies: part of every object key, so settled when the first publisher is let in.
ALTER TABLE streams ADD COLUMN media_access text NOT NULL DEFAULT 'open' CHECK (media_access IN ('open', 'signed'));
ALTER TABLE takedowns ADD COLUMN media_access text NOT NULL DEFAULT 'open' CHECK (media_access IN ('open', 'signed'));
