-- Replies whose provider reported more or fewer tokens than their text can hold. They are charged by our own count
-- (`estimated`), and the operator sees them.
ALTER TABLE ledger_entries ADD COLUMN disputed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN disputed INTEGER NOT NULL DEFAULT 0;

CREATE INDEX ledger_entries_disputed ON ledger_entries (created_at) WHERE disputed = 1;
