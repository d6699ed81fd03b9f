-- What an answer that has ended rests on; NULL where nothing is known of what it was told.
ALTER TABLE messages ADD COLUMN citations TEXT;               -- JSON: the facts it cites, as they were, in the order of their first citation
ALTER TABLE messages ADD COLUMN numbers_matched INTEGER;       -- numbers that one of these facts bears
ALTER TABLE messages ADD COLUMN numbers_from_question INTEGER; -- others that the question holds
ALTER TABLE messages ADD COLUMN numbers_unmatched INTEGER;     -- all others
