CALL GenerateResponse(:Message, :Instructions, :Model)
CALL GenerateResponse('Say hello')
CALL GenerateResponse(:Message, Model => 'grok-4.3', Store => FALSE)
CALL GenerateResponse(?, ?, Temperature => ?)
CALL ListModels()
CALL Ask('it''s')
CALL Ask('')
CALL Ask('''')
CALL Ask('a, b)', 'CALL Other(1)', ';', '/* no */', '-- no', ':no ?')
CALL Ask('C:\new\table')
CALL Ask('50 % of $5 {braces} [brackets] @all')
CALL Ask(0, 42, -1, 123456789012345678901234567890123456789012345678901234567890)
CALL Ask(0.5, -0.25, 1.50, 0.001)
CALL Ask(TRUE, FALSE, NULL)
CALL Ask(X'', X'00FF10')
CALL Ask([], ['a'], ['a', 1, 0.5, TRUE, NULL, X'00'], [-1, -0.5])
CALL Ask(Tools => ['web_search', 'x_search'])
CALL Ask(:a, :a, :a)
CALL Ask(:From, :Select, :Order, :Text, :Null, :True, :Format, :Call)
CALL Ask(From => 'a', Select => 'b', Format => 'c', Text => :Text, Null => NULL, Default => 1)
CALL Ask(:Größe, Größe => :数量)
CALL Ask('日本語 🙂 Ünï')
CALL Вопрос('да')
CALL a1_b(:_x, :a1)
call ask(:q)
--> CALL ask(:q)
Call Ask(null, True, fAlSe)
--> CALL Ask(NULL, TRUE, FALSE)
CALL Ask
--> CALL Ask()
CALL Ask;
--> CALL Ask()
CALL Ask() ; ;
--> CALL Ask()
  CALL  Ask  (  1  ,  2  )  ;
--> CALL Ask(1, 2)
CALL Ask(1,2,x=>3,y:=4)
--> CALL Ask(1, 2, x => 3, y => 4)
CALL Ask(x=>:x,y:=:y,z=>-1)
--> CALL Ask(x => :x, y => :y, z => -1)
CALL Ask(x=>?,y:=?)
--> CALL Ask(x => ?, y => ?)
CALL Ask(@x = 1, @y='b', @z=:z)
--> CALL Ask(x => 1, y => 'b', z => :z)
CALL Ask("x" => 1, "odd name" => 2)
--> CALL Ask(x => 1, "odd name" => 2)
CALL Ask($Name, $from)
--> CALL Ask(:Name, :from)
CALL Ask($a,$b)
--> CALL Ask(:a, :b)
CALL Ask(+3, - 4, + 0.5, .5, -.5, 7., 1e3, 1.5E-2, 2e+2)
--> CALL Ask(3, -4, 0.5, 0.5, -0.5, 7., 1E+3, 0.015, 2E+2)
CALL Ask(x'ff', X'Ff')
--> CALL Ask(X'FF', X'FF')
CALL Ask(E'tab\tquote\' two'' back\\ \u00e9 \U0001F642 \xc3\xa9 \ud83d\ude42 \/ \"')
--> CALL Ask('tab	quote'' two'' back\ é 🙂 é 🙂 / "')
CALL Ask(e'x', N'national', n'it''s', $$it's \n raw$$, $$$$)
--> CALL Ask('x', 'national', 'it''s', 'it''s \n raw', '')
CALL Ask( [ 'a' , 'b' ] , [1,2] )
--> CALL Ask(['a', 'b'], [1, 2])
CALL Ask(/* a ? */ 1 /* :b */, 2) -- $c
--> CALL Ask(1, 2)
CALL /* x */ Ask /* ( */ ( /* ) */ 1 /* , /* nested ; */ */ )
--> CALL Ask(1)
CALL Ask(1) -- the end ; CALL Other()
--> CALL Ask(1)
CALL grok.GenerateResponse(:Message)
--> CALL GenerateResponse(:Message)
CALL xai.dbo.GenerateResponse(:Message)
--> CALL GenerateResponse(:Message)
CALL "GenerateResponse"(:Message)
--> CALL GenerateResponse(:Message)
CALL "my ""own"" name"(1)
--> CALL "my ""own"" name"(1)
CALL "xai"."GenerateResponse"(1)
--> CALL GenerateResponse(1)
EXEC GenerateResponse @Message = :text, @Model = 'grok-4.3'
--> CALL GenerateResponse(Message => :text, Model => 'grok-4.3')
EXEC GenerateResponse 'hi'
--> CALL GenerateResponse('hi')
EXEC GenerateResponse 'hi', @Model = 'grok-4.3';
--> CALL GenerateResponse('hi', Model => 'grok-4.3')
EXEC GenerateResponse('hi', Model => 'grok-4.3')
--> CALL GenerateResponse('hi', Model => 'grok-4.3')
EXECUTE GenerateResponse ?
--> CALL GenerateResponse(?)
execute [GenerateResponse] :a, :b
--> CALL GenerateResponse(:a, :b)
EXEC [xai].[dbo].[GenerateResponse] ['a', 'b']
--> CALL GenerateResponse(['a', 'b'])
EXEC ListModels
--> CALL ListModels()
EXEC ListModels;
--> CALL ListModels()
{call GenerateResponse(?)}
--> CALL GenerateResponse(?)
{ CALL GenerateResponse ( :a , x => 1 ) } ;
--> CALL GenerateResponse(:a, x => 1)
{call ListModels}
--> CALL ListModels()
EXPLAIN CALL Ask(:q)
EXPLAIN COST CALL Ask(:q)
explain exec Ask @q = 'x'
--> EXPLAIN CALL Ask(q => 'x')
EXPLAIN {call Ask(?)};
--> EXPLAIN CALL Ask(?)
explain cost {call Ask(?)}
--> EXPLAIN COST CALL Ask(?)
SHOW PROCEDURES
SHOW PROCEDURES LIKE '%Image%'
show procedures like 'it''s';
--> SHOW PROCEDURES LIKE 'it''s'
DESCRIBE PROCEDURE GenerateResponse
desc procedure grok."GenerateResponse";
--> DESCRIBE PROCEDURE GenerateResponse
SELECT 1 AS "one"
SELECT 1
--> SELECT 1 AS "1"
select 1;
--> SELECT 1 AS "1"
SELECT 'it''s' AS greeting
--> SELECT 'it''s' AS "greeting"
SELECT -1.5
--> SELECT -1.5 AS "-1.5"
SELECT NULL
--> SELECT NULL AS "NULL"
SELECT TRUE AS ok
--> SELECT TRUE AS "ok"
SELECT X'ff'
--> SELECT X'FF' AS "X'ff'"
SELECT 1, 2
--> QUERY
SELECT 1 + 1
--> QUERY
SELECT [1]
--> QUERY
SELECT [
--> QUERY
SELECT ]
--> QUERY
SELECT
--> QUERY
SELECT 1 AS
--> QUERY
SELECT AS one
--> QUERY
SELECT :a
--> QUERY
SELECT ?
--> QUERY
SELECT 1 FROM t
--> QUERY
SELECT t.id, r.Response_Result FROM 'tickets.csv' t, GenerateResponse(t.body, Model := 'grok-4.3') r
--> QUERY
SELECT $$a;b$$, 'c;d', "e;f" -- g;h
--> QUERY
WITH t AS (SELECT 1) SELECT * FROM t;
--> QUERY
FROM 'tickets.csv'
--> QUERY
(SELECT 1) UNION (SELECT 2)
--> QUERY
VALUES (1), (2)
--> QUERY
EXPLAIN SELECT 1
--> QUERY
EXPLAIN ANALYZE SELECT 1
--> QUERY
SHOW TABLES
--> QUERY
DESCRIBE tickets
--> QUERY
CREATE TABLE t AS SELECT 1
--> QUERY
CREATE OR REPLACE TABLE procedure AS SELECT 1
--> QUERY
COPY t TO 'out.parquet'
--> QUERY
INSERT INTO t VALUES (1)
--> QUERY
ATTACH 'x.duckdb'
--> QUERY
PIVOT t ON a USING sum(b)
--> QUERY
SET threads = 4
--> QUERY
SELECT {'a': {'b': 1}}
--> QUERY
SHOW TOOLS
show tools like '%a';
--> SHOW TOOLS LIKE '%a'
DESCRIBE TOOL churn
desc tool "churn-by-month"
--> DESCRIBE TOOL "churn-by-month"
DESCRIBE tool
--> QUERY
DESCRIBE tool;
--> QUERY
DESCRIBE tool.sales
--> QUERY
SHOW tool
--> QUERY
DROP TOOL churn
drop tool if exists [churn] ;
--> DROP TOOL IF EXISTS churn
DROP TABLE tool
--> QUERY
CREATE TABLE tool (a INTEGER)
--> QUERY
CREATE TOOL now() AS SELECT 1
create or replace tool churn(region varchar comment 'two letters', top INTEGER default 10) comment 'Churn.' as from c where r = $region limit $top;
--> CREATE OR REPLACE TOOL churn(region varchar COMMENT 'two letters', top INTEGER DEFAULT 10) COMMENT 'Churn.' AS from c where r = $region limit $top
CREATE TOOL IF NOT EXISTS a(b BIGINT) AS WITH x AS (SELECT :b AS y) SELECT * FROM x -- done
--> CREATE TOOL IF NOT EXISTS a(b BIGINT) AS WITH x AS (SELECT :b AS y) SELECT * FROM x
CREATE TOOL a() AS VALUES (1, 'x;y'), (2, $$;$$)
CREATE TOOL find(q VARCHAR) COMMENT 'Searches.' AS CALL SearchCollection(:q, 'collection_7', MaxRows => 3)
CREATE TOOL "a-b"(q VARCHAR DEFAULT NULL) AS CALL Ask('About ' || :q || '.')
