-- Procedures inside DuckDB. Two lines of Python make them known to a DuckDB connection; the rest is SQL:
--
--     con = duckdb.connect()
--     grokcall.duckdb.register(con)
--
-- Each row is called once, whatever the query does with the answer, and an answer that was paid for is not paid for
-- again while the registration lives.

CREATE TABLE tickets AS SELECT id, channel, subject, body FROM 'tickets.csv' WHERE id <= 6;

-- Skyvia's statement, unchanged.
SELECT Response_Result, Response_Status, Response_UsageTotalTokens FROM GenerateResponse('What is 6 * 7?');

-- An answer beside each row: the arguments come from the table on the left.
SELECT t.id, t.subject, r.Response_Result AS summary
FROM tickets t, GenerateResponse(t.body, Instructions := 'Summarize the ticket in at most 8 words.') r
ORDER BY t.id;

-- The answers of the same calls again, which send nothing now.
SELECT count(*) AS answered, sum(r.Response_UsageTotalTokens) AS tokens
FROM tickets t, GenerateResponse(t.body, Instructions := 'Summarize the ticket in at most 8 words.') r;

-- Categories of your own, to filter and to group by. Only the tickets by e-mail are called.
SELECT c.Result_Category AS category, count(*) AS tickets
FROM tickets t, ClassifyText(t.body, ['delivery', 'billing', 'product', 'other']) c
WHERE t.channel = 'email'
GROUP BY category
ORDER BY category;

-- The scalar form gives the text alone.
ALTER TABLE tickets ADD COLUMN answer VARCHAR;
UPDATE tickets SET answer = generate_response(subject, 'Answer in one word.') WHERE id <= 2;
SELECT id, answer IS NOT NULL AS answered FROM tickets ORDER BY id;

-- A picture is a BLOB.
SELECT octet_length(ResultImage_Content) > 1000 AS is_a_picture FROM GenerateImage('A parcel on a doorstep');

-- EXPLAIN sends nothing.
SELECT 'free' AS explained FROM (DESCRIBE FROM GenerateResponse('hi')) LIMIT 1;
