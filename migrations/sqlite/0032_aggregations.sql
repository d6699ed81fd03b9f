-- How the days of an own metric become the value of a longer period. Metrics that were made before were averaged, and
-- still are.
ALTER TABLE metrics ADD COLUMN aggregation TEXT NOT NULL DEFAULT 'mean'
  CHECK (aggregation IN ('sum', 'last', 'mean', 'distinct'));
-- The slug of the metric that weights the days of a mean; empty: every day counts the same.
ALTER TABLE metrics ADD COLUMN weight TEXT NOT NULL DEFAULT '';
-- How a derived metric is computed from others, by their slugs; empty: it has values of its own.
ALTER TABLE metrics ADD COLUMN formula TEXT NOT NULL DEFAULT '';
