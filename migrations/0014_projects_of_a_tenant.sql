-- migrate:no-transaction
-- A tenant's projects by name, a page at a time.
CREATE INDEX CONCURRENTLY IF NOT EXISTS projects_tenant_id_name_idx ON auth.projects (tenant_id, name);
