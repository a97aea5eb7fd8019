-- SPDX-License-Identifier: MIT
-- A report on shipments.csv, for the SQLite shell: sqlite3 :memory: '.read report.sql'
-- Run it where the file is at /data, as in the microVM of `make run`.
.import --csv /data/shipments.csv shipments
.mode box

.print
.print 2025 by warehouse
SELECT warehouse,
       count(*) AS shipments,
       printf('%.0f t', sum(weight_kg) / 1000) AS weight,
       printf('%,d EUR', round(sum(cost_eur))) AS freight,
       printf('%.1f', sum(cost_eur) / sum(weight_kg) * 100) AS "EUR / 100 kg"
  FROM shipments GROUP BY warehouse ORDER BY sum(cost_eur) DESC;

.print
.print Is the cheap carrier worth it?
SELECT carrier,
       count(*) AS shipments,
       printf('%.1f', sum(cost_eur) / sum(weight_kg) * 100) AS "EUR / 100 kg",
       printf('%d %%', round(100.0 * sum(days_taken <= days_promised) / count(*))) AS "on time",
       max(days_taken - days_promised) AS "worst delay (days)"
  FROM shipments GROUP BY carrier ORDER BY sum(cost_eur) / sum(weight_kg);

.print
.print Late shipments by month
SELECT strftime('%m', shipped) AS month,
       count(*) AS shipments,
       sum(days_taken > days_promised) AS late,
       replace(hex(zeroblob(sum(days_taken > days_promised))), '00', '#') AS " "
  FROM shipments GROUP BY month ORDER BY month;
