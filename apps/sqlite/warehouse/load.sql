-- SPDX-License-Identifier: MIT
-- For SQLite behind mvm serve: a query comes in, rows as JSON go out.
--
--	mvm serve --listen tcp:127.0.0.1:8080 --dir apps/sqlite/warehouse:/data:ro \
--		build/apps/sqlite3.elf -json -init /data/load.sql :memory:
--
-- This is done once, before the first query is read; each query then has a database of its own, so
-- DROP TABLE harms nobody.
.import --csv /data/shipments.csv shipments
CREATE INDEX shipments_carrier ON shipments (carrier);
