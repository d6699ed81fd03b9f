-- insights: findings about made-up numbers leave with the numbers, in the same transaction. The next version
-- of the numbers is noted as computed, so that a computation that still reads the sample data stores nothing.
CREATE TRIGGER sample_data_removed AFTER DELETE ON sample_data
BEGIN
  DELETE FROM insights WHERE tenant_id = OLD.tenant_id AND origin = 'module';
  UPDATE insight_states SET
    version = version + 1,
    computed_from = 1 + COALESCE((SELECT version FROM analytics_changes WHERE tenant_id = OLD.tenant_id), 0)
  WHERE tenant_id = OLD.tenant_id;
END;
