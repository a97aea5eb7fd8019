-- The work of the SQLite rows of `make bench`: 100,000 rows inserted and queried.
PRAGMA journal_mode = DELETE;
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER, product TEXT, amount INTEGER, price REAL);
BEGIN;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
INSERT INTO orders SELECT i, i * 7919 % 1000, 'product ' || (i * 31 % 500), i % 17 + 1, (i * 37 % 10000) / 100.0 FROM n;
COMMIT;
CREATE INDEX by_customer ON orders (customer);
SELECT count(*), sum(amount), round(sum(amount * price), 2) FROM orders;
SELECT customer, count(*), round(sum(amount * price), 2) AS total FROM orders
	GROUP BY customer ORDER BY total DESC LIMIT 5;
SELECT product, sum(amount) FROM orders GROUP BY product ORDER BY 2 DESC, 1 LIMIT 5;
SELECT sum(x) FROM (SELECT (SELECT sum(amount) FROM orders o WHERE o.customer = c.customer) AS x
	FROM (SELECT DISTINCT customer FROM orders) c);
UPDATE orders SET price = price * 1.1 WHERE customer < 100;
DELETE FROM orders WHERE id % 10 = 0;
SELECT count(*), round(sum(price), 2) FROM orders;
