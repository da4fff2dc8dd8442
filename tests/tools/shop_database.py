"""A database with tables that a model may read and others that it must not."""

from __future__ import annotations

SECRET = "S3CR3T"
TABLES = ["sales", "stores", "hr.staff", "paid", '"Last Year"']
MAKE = f"""
CREATE TABLE stores (store VARCHAR, region VARCHAR, tags VARCHAR[], place STRUCT(city VARCHAR, zip INTEGER));
INSERT INTO stores VALUES ('a', 'north', ['big', 'old'], {{'city': 'Oslo', 'zip': 100}}), ('b', 'south', [], NULL);
CREATE TABLE sales (store VARCHAR, day DATE, amount DECIMAL(10, 2), secret VARCHAR);
INSERT INTO sales SELECT CASE WHEN i % 2 = 0 THEN 'a' ELSE 'b' END, DATE '2026-01-01' + i::INTEGER, i * 1.5, 'plain'
FROM range(300) t(i);
COMMENT ON COLUMN sales.amount IS 'in USD';
CREATE TABLE wages (name VARCHAR, wage INTEGER, secret VARCHAR);
INSERT INTO wages VALUES ('Ann', 7, '{SECRET}');
CREATE TABLE secret AS SELECT '{SECRET}' AS secret;
CREATE SCHEMA hr;
CREATE TABLE hr.staff (name VARCHAR);
INSERT INTO hr.staff VALUES ('Ann');
CREATE TABLE hr.sales AS SELECT '{SECRET}' AS secret;
CREATE TABLE staff AS SELECT '{SECRET}' AS secret;
CREATE TABLE "Last Year" (amount INTEGER);
CREATE VIEW paid AS SELECT name, wage FROM wages;
CREATE VIEW leak AS SELECT secret FROM wages;
CREATE MACRO leaked() AS (SELECT max(secret) FROM wages);
CREATE MACRO all_wages() AS TABLE SELECT * FROM wages;
CREATE MACRO upper(x) AS (SELECT max(secret) FROM wages);
CREATE TYPE mood AS ENUM ('glad', 'sad');
CREATE SEQUENCE counter;
"""
