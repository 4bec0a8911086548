-- What operators look at is kept for a time that is set (SLUICE_*_DAYS of ops), and forgotten in small batches by the
-- weekly maintenance, which works as sluice_monitor.

-- Of the audit log nobody can take away what is younger than 90 days, whatever is set.
ALTER TABLE auth.audit_log ENABLE ROW LEVEL SECURITY;
CREATE POLICY audit_log_read ON auth.audit_log FOR SELECT USING (true);
CREATE POLICY audit_log_add ON auth.audit_log FOR INSERT WITH CHECK (true);
CREATE POLICY audit_log_forget ON auth.audit_log FOR DELETE USING (at < now() - interval '90 days');
-- It sees how old a line is, and nothing of what it says.
GRANT SELECT (entry_id, at), DELETE ON auth.audit_log TO sluice_monitor;

GRANT DELETE ON ops.scaling_events, ops.config_changes TO sluice_monitor;
