-- Numbers count as stored bytes: 64 for each period, and its own metrics. Days that only an undo needs count too.
INSERT INTO tenant_storage (tenant_id, bytes)
SELECT tenant_id, SUM(64 + octet_length(metrics)) FROM analytics_snapshots GROUP BY tenant_id
ON CONFLICT (tenant_id) DO UPDATE SET bytes = bytes + excluded.bytes;

CREATE TRIGGER storage_of_new_snapshot AFTER INSERT ON analytics_snapshots
BEGIN
  INSERT INTO tenant_storage (tenant_id, bytes) VALUES (NEW.tenant_id, 64 + octet_length(NEW.metrics))
  ON CONFLICT (tenant_id) DO UPDATE SET bytes = bytes + excluded.bytes;
END;
CREATE TRIGGER storage_of_changed_snapshot AFTER UPDATE OF metrics ON analytics_snapshots
WHEN octet_length(NEW.metrics) <> octet_length(OLD.metrics)
BEGIN
  UPDATE tenant_storage SET bytes = bytes + octet_length(NEW.metrics) - octet_length(OLD.metrics)
  WHERE tenant_id = NEW.tenant_id;
END;
CREATE TRIGGER storage_of_gone_snapshot AFTER DELETE ON analytics_snapshots
BEGIN
  UPDATE tenant_storage SET bytes = bytes - 64 - octet_length(OLD.metrics) WHERE tenant_id = OLD.tenant_id;
END;
