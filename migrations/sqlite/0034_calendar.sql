-- How a business counts weeks and years.
ALTER TABLE analytics_settings ADD COLUMN week_start TEXT NOT NULL DEFAULT 'monday'; -- 'monday', 'saturday', 'sunday'
ALTER TABLE analytics_settings ADD COLUMN fiscal_year_start INTEGER NOT NULL DEFAULT 1; -- a month, from 1
