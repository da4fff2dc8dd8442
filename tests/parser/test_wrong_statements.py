"""Wrong statements: what each is told, and where its caret stands. Errors that need a procedure are found elsewhere."""

from __future__ import annotations

import pytest

from grokcall_parser import ArgumentsError, CallSyntaxError, StatementError, parse_statement, split_statements

DECLARATION = "CREATE PROCEDURE Name(Parameter TYPE, …) [RETURNS (column TYPE, …)] AS CALL Base(…)"
TOOL = "CREATE TOOL name(parameter TYPE, …) [COMMENT 'what it does'] AS SELECT … (or CALL Base(…))"
UNDERSTOOD = (
    "understood: CALL, EXEC, EXECUTE, {call …}, EXPLAIN [COST] CALL, SHOW PROCEDURES and TOOLS, DESCRIBE, CREATE and "
    "DROP PROCEDURE or TOOL, and SELECT and other SQL of DuckDB"
)
COMPUTE_FIRST = "an argument is a literal or a marker, so compute the value first and pass it as :name"

# The text, the message, and the line, the column and the width of the caret.
WRONG_SYNTAX = [
    ("", "there is no statement in this text; write for example CALL ListModels()", (1, 1, 1)),
    ("-- only a comment", "there is no statement in this text; write for example CALL ListModels()", (1, 1, 1)),
    (";", f"no statement begins with ';' ({UNDERSTOOD})", (1, 1, 1)),
    (";CALL Ask(1)", f"no statement begins with ';' ({UNDERSTOOD})", (1, 1, 1)),
    ("CAL Ask('x')", f"no statement begins with CAL; did you mean CALL? ({UNDERSTOOD})", (1, 1, 3)),
    ("SELECTS 1", f"no statement begins with SELECTS; did you mean SELECT? ({UNDERSTOOD})", (1, 1, 7)),
    ("EXECUTES Ask 1", f"no statement begins with EXECUTES; did you mean EXECUTE? ({UNDERSTOOD})", (1, 1, 8)),
    ("Ask('x')", f"no statement begins with Ask; to call a procedure, write CALL Ask(…) ({UNDERSTOOD})", (1, 1, 3)),
    ("42", f"no statement begins with 42 ({UNDERSTOOD})", (1, 1, 2)),
    ("'text'", f"no statement begins with 'text' ({UNDERSTOOD})", (1, 1, 6)),
    (
        "CALL",
        'CALL needs the name of a procedure, found the end of the statement; write it as Name, "Name" or [Name]',
        (1, 5, 1),
    ),
    ("CALL ;", "CALL needs the name of a procedure, found ';'; write it as Name, \"Name\" or [Name]", (1, 6, 1)),
    ("CALL ()", "CALL needs the name of a procedure, found '('; write it as Name, \"Name\" or [Name]", (1, 6, 1)),
    (
        "CALL 'Ask'('x')",
        "CALL needs the name of a procedure, found 'Ask'; write it as Name, \"Name\" or [Name]",
        (1, 6, 5),
    ),
    (
        "CALL \"\"('x')",
        'CALL needs the name of a procedure, found \'""\'; write it as Name, "Name" or [Name]',
        (1, 6, 2),
    ),
    (
        "CALL grok.",
        'CALL needs the name of a procedure, found the end of the statement; write it as Name, "Name" or [Name]',
        (1, 11, 1),
    ),
    ("CALL 2Ask()", 'CALL needs the name of a procedure, found 2; write it as Name, "Name" or [Name]', (1, 6, 1)),
    ("CALL [Ask All](1)", "found All in the name that '[' begins; close it with ']'", (1, 11, 3)),
    ("CALL Ask 'hi'", "expected '(' after Ask, found 'hi'; the arguments of CALL stand in parentheses", (1, 10, 4)),
    (
        "CALL Ask @Message = 'hi'",
        "expected '(' after Ask, found '@'; the arguments of CALL stand in parentheses",
        (1, 10, 1),
    ),
    ("CALL Ask(1) AS r", "found AS after the call; nothing but ';' may stand here", (1, 13, 2)),
    ("CALL Ask(1))", "found ')' after the call; nothing but ';' may stand here", (1, 12, 1)),
    (
        "CALL Ask(1); CALL Ask(2)",
        "a second statement begins here; send one at a time, or use executescript or a file for several",
        (1, 14, 4),
    ),
    (
        "SELECT 1; SELECT 2",
        "a second statement begins here; send one at a time, or use executescript or a file for several",
        (1, 11, 6),
    ),
    (
        "SHOW TABLES; SHOW TABLES",
        "a second statement begins here; send one at a time, or use executescript or a file for several",
        (1, 14, 4),
    ),
    ("CALL Ask('a', 'b'", "the '(' that stands here is never closed; close it with ')'", (1, 9, 1)),
    ("CALL Ask(['a', 'b')", "found ')' where the '[' before it needs ']'", (1, 19, 1)),
    ("CALL Ask('a', 'b']", "found ']' where the '(' before it needs ')'", (1, 18, 1)),
    ("CALL Ask('a';", "the '(' that stands here is never closed; close it with ')'", (1, 9, 1)),
    ("CALL Ask(['a'", "the '[' that stands here is never closed; close it with ']'", (1, 10, 1)),
    (
        "CALL Ask('it's me')",
        "the string ends here, before s; an apostrophe inside a string is written ''",
        (1, 13, 1),
    ),
    (
        "CALL Ask('Bob's', 'it's me')",
        "the string ends here, before s; an apostrophe inside a string is written ''",
        (1, 14, 1),
    ),
    (
        "CALL Ask('it''s Bob', 'it's me')",
        "the string ends here, before s; an apostrophe inside a string is written ''",
        (1, 26, 1),
    ),
    ("CALL Ask(16:9)", "argument 1 of Ask is text without quotes; quote it as a string '16:9'", (1, 10, 4)),
    (
        "CALL Ask(2026-11-01)",
        "argument 1 of Ask is text without quotes; quote it as a string '2026-11-01'",
        (1, 10, 10),
    ),
    (
        "EXEC Ask 'x' Model = 'y'",
        "found Model after the value 'x'; arguments need a comma between them, and one text is one string",
        (1, 14, 5),
    ),
    ("CALL Ask(grok-4.3)", "argument 1 of Ask is text without quotes; quote it as a string 'grok-4.3'", (1, 10, 8)),
    (
        "CALL Ask(calls/a.mp3)",
        "argument 1 of Ask is text without quotes; quote it as a string 'calls/a.mp3'",
        (1, 10, 11),
    ),
    (
        "CALL Ask('never closed)",
        "the string that begins here is never closed; end it with ' (an apostrophe inside is written '')",
        (1, 10, 1),
    ),
    (
        "CALL Ask(E'never closed\\')",
        "the string that begins here is never closed; end it with ' (an apostrophe inside is written '')",
        (1, 10, 2),
    ),
    ("CALL Ask($$never closed)", "the string that begins here is never closed; end it with $$", (1, 10, 2)),
    ('CALL Ask("never closed)', 'the quoted name that begins here is never closed; end it with "', (1, 10, 1)),
    ("CALL Ask(1) /* never closed", "the comment that begins here is never closed; end it with */", (1, 13, 2)),
    ("CALL Ask(1 /* never /* closed */ )", "the comment that begins here is never closed; end it with */", (1, 12, 2)),
    ("CALL Ask(,1)", "argument 1 of Ask is empty; write a value (NULL for none), or one comma less", (1, 10, 1)),
    ("CALL Ask(1,)", "argument 2 of Ask is empty; write a value (NULL for none), or one comma less", (1, 12, 1)),
    ("CALL Ask(1,,2)", "argument 2 of Ask is empty; write a value (NULL for none), or one comma less", (1, 12, 1)),
    ("CALL Ask(,)", "argument 1 of Ask is empty; write a value (NULL for none), or one comma less", (1, 10, 1)),
    ("EXEC Ask 1,", "argument 2 of Ask is empty; write a value (NULL for none), or one comma less", (1, 12, 1)),
    (
        "CALL Ask(hello)",
        "argument 1 of Ask is the bare word hello; quote it as a string 'hello', or write :hello for a marker",
        (1, 10, 5),
    ),
    (
        "CALL Ask(Say hello to Bob!)",
        "argument 1 of Ask is text without quotes; quote it as a string 'Say hello to Bob!'",
        (1, 10, 17),
    ),
    ("CALL Ask(None)", "argument 1 of Ask is the bare word None; write NULL for no value", (1, 10, 4)),
    ("CALL Ask(DEFAULT)", "argument 1 of Ask is DEFAULT; leave the argument out, or write NULL", (1, 10, 7)),
    (
        'CALL Ask("hello")',
        "argument 1 of Ask is the quoted name \"hello\"; text takes single quotes: 'hello'",
        (1, 10, 7),
    ),
    (
        'CALL Ask("it\'s")',
        "argument 1 of Ask is the quoted name \"it's\"; text takes single quotes: 'it''s'",
        (1, 10, 6),
    ),
    (
        "CALL Ask(‘hello’)",
        "argument 1 of Ask is in typographic quotes; text takes straight single quotes: 'text'",
        (1, 10, 7),
    ),
    (
        "CALL Ask(“hello”)",
        "argument 1 of Ask is in typographic quotes; text takes straight single quotes: 'text'",
        (1, 10, 7),
    ),
    (
        "CALL Ask(`hello`)",
        "argument 1 of Ask is in typographic quotes; text takes straight single quotes: 'text'",
        (1, 10, 7),
    ),
    (
        "CALL Ask('a' 'b')",
        "found 'b' after the value 'a'; arguments need a comma between them, and one text is one string",
        (1, 14, 3),
    ),
    (
        "CALL Ask('a', 'b' 'c')",
        "found 'c' after the value 'b'; arguments need a comma between them, and one text is one string",
        (1, 19, 3),
    ),
    (
        "CALL Ask(1 2)",
        "found 2 after the value 1; arguments need a comma between them, and one text is one string",
        (1, 12, 1),
    ),
    (
        "CALL Ask(:a :b)",
        "found : after the value :a; arguments need a comma between them, and one text is one string",
        (1, 13, 1),
    ),
    (
        "CALL Ask(TRUE FALSE)",
        "found FALSE after the value TRUE; arguments need a comma between them, and one text is one string",
        (1, 15, 5),
    ),
    (
        "CALL Ask(prompt => 'hi', model 'grok-4')",
        "argument 2 of Ask is model 'grok-4', without => after the parameter's name; write model => 'grok-4'",
        (1, 26, 14),
    ),
    (
        "CALL Ask(Text 'hi')",
        "argument 1 of Ask is Text 'hi', without => after the parameter's name; write Text => 'hi'",
        (1, 10, 9),
    ),
    (
        "CALL Ask(Model :m)",
        "argument 1 of Ask is Model :m, without => after the parameter's name; write Model => :m",
        (1, 10, 8),
    ),
    ("CALL Ask(upper('x'))", f"argument 1 of Ask is a call of the function upper; {COMPUTE_FIRST}", (1, 10, 10)),
    ("CALL Ask(now())", f"argument 1 of Ask is a call of the function now; {COMPUTE_FIRST}", (1, 10, 5)),
    (
        "CALL Ask(t.body)",
        "argument 1 of Ask is the column t.body; a CALL reads no table; call the procedure in a query, as in FROM "
        "tickets t, Name(t.body), or pass the value as :name",
        (1, 10, 6),
    ),
    ("CALL Ask('a' || :b)", f"argument 1 of Ask is the expression 'a' || :b; {COMPUTE_FIRST}", (1, 10, 9)),
    ("CALL Ask(1 + 2)", f"argument 1 of Ask is the expression 1 + 2; {COMPUTE_FIRST}", (1, 10, 5)),
    ("CALL Ask(- -1)", f"argument 1 of Ask is the expression - -1; {COMPUTE_FIRST}", (1, 10, 4)),
    ("CALL Ask(+'a')", f"argument 1 of Ask is the expression +'a'; {COMPUTE_FIRST}", (1, 10, 4)),
    ("CALL Ask(-:a)", f"argument 1 of Ask is the expression -:a; {COMPUTE_FIRST}", (1, 10, 3)),
    ("CALL Ask((1))", "argument 1 of Ask is in parentheses; write the value without them", (1, 10, 3)),
    ("CALL Ask((SELECT 1))", f"argument 1 of Ask is a subquery; {COMPUTE_FIRST}", (1, 10, 10)),
    ("CALL Ask(SELECT 1)", f"argument 1 of Ask is the expression SELECT 1; {COMPUTE_FIRST}", (1, 10, 8)),
    ("CALL Ask(*)", f"argument 1 of Ask is a star; {COMPUTE_FIRST}", (1, 10, 1)),
    ("CALL Ask({'a': 1})", 'argument 1 of Ask is a struct; write JSON as a string: \'{"name": "value"}\'', (1, 10, 8)),
    (
        "CALL Ask(CASE WHEN TRUE THEN 1 END)",
        f"argument 1 of Ask is the expression CASE WHEN TRUE THEN 1 END; {COMPUTE_FIRST}",
        (1, 10, 25),
    ),
    ("CALL Ask(NOT TRUE)", f"argument 1 of Ask is the expression NOT TRUE; {COMPUTE_FIRST}", (1, 10, 8)),
    (
        "CALL Ask('1'::INT)",
        "argument 1 of Ask is a cast; write the value alone; the parameter's type decides what becomes of it",
        (1, 10, 8),
    ),
    (
        "CALL Ask(:a::text)",
        "argument 1 of Ask is a cast; write the value alone; the parameter's type decides what becomes of it",
        (1, 10, 8),
    ),
    (
        "CALL Ask(CAST(:a AS INT))",
        "argument 1 of Ask is a cast; write the value alone; the parameter's type decides what becomes of it",
        (1, 10, 15),
    ),
    (
        "CALL Ask(DATE '2026-01-31')",
        "argument 1 of Ask is a cast; write the value alone; the parameter's type decides what becomes of it",
        (1, 10, 17),
    ),
    (
        "CALL Ask(ARRAY['a'])",
        "argument 1 of Ask is an array with a word before it; write ['a', 'b'] alone",
        (1, 10, 10),
    ),
    ("CALL Ask(['a'][1])", f"argument 1 of Ask is the expression ['a'][1]; {COMPUTE_FIRST}", (1, 10, 8)),
    (
        "CALL Ask(['a', ['b']])",
        "element 2 of argument 1 of Ask is an array; elements are plain values, so pass JSON as a string: '[[1, 2]]'",
        (1, 16, 5),
    ),
    (
        "CALL Ask(['a', :b])",
        "element 2 of argument 1 of Ask is a marker; make the whole array the value of one, as in :Names",
        (1, 16, 2),
    ),
    ("CALL Ask(['a',])", "element 2 of argument 1 of Ask is missing; write a value, or one comma less", (1, 15, 1)),
    (
        "CALL Ask([hello])",
        "element 1 of argument 1 of Ask is the bare word hello; "
        "quote it as a string 'hello', or write :hello for a marker",
        (1, 11, 5),
    ),
    (
        "CALL Ask($1)",
        "argument 1 of Ask is the numbered marker $1; number them by writing ? for each, or name them, as in :Message",
        (1, 10, 2),
    ),
    (
        "CALL Ask(:1)",
        "argument 1 of Ask is the numbered marker :1; number them by writing ? for each, or name them, as in :Message",
        (1, 10, 2),
    ),
    (
        "CALL Ask(?1)",
        "argument 1 of Ask is the numbered marker ?1; number them by writing ? for each, or name them, as in :Message",
        (1, 10, 2),
    ),
    ("CALL Ask(: name)", "argument 1 of Ask is a marker with a blank in it; write :name", (1, 10, 6)),
    ("CALL Ask(%s)", "argument 1 of Ask is the marker %s; write ? or :name", (1, 10, 2)),
    ("CALL Ask(%(name)s)", "argument 1 of Ask is the marker %(name)s; write :name", (1, 10, 8)),
    (
        "CALL Ask(@text)",
        "argument 1 of Ask is @text, and @ only names a parameter, as in @text = …; a marker is :text",
        (1, 10, 5),
    ),
    (
        "CALL Ask(:first-name)",
        "argument 1 of Ask is the marker :first-name; the name of a marker has letters, digits and _ only",
        (1, 10, 11),
    ),
    (
        "CALL Ask($tag$text$tag$)",
        "found $ after the value $tag; arguments need a comma between them, and one text is one string",
        (1, 14, 1),
    ),
    ("CALL Ask(1_000)", "argument 1 of Ask is no number; write 1000, 0.5 or 1e-3, or quote it as text", (1, 10, 5)),
    ("CALL Ask(1.5.2)", "argument 1 of Ask is no number; write 1000, 0.5 or 1e-3, or quote it as text", (1, 10, 5)),
    ("CALL Ask(12abc)", "argument 1 of Ask is no number; write 1000, 0.5 or 1e-3, or quote it as text", (1, 10, 5)),
    ("CALL Ask(1e)", "argument 1 of Ask: 1e is not a number; write 42, 0.5 or 1e-3, or quote it as text", (1, 10, 2)),
    ("CALL Ask(1e1000)", "argument 1 of Ask: an exponent is at most 999, here it is 1000", (1, 10, 6)),
    ("CALL Ask(0x1F)", "argument 1 of Ask: write 0x1F as a decimal number, or as X'…' for bytes", (1, 10, 4)),
    (
        "CALL Ask(X'abc')",
        "argument 1 of Ask: X'…' takes hexadecimal digits only, two for each byte: X'ff00'",
        (1, 10, 6),
    ),
    ("CALL Ask(X'xyz')", "X'…' takes hexadecimal digits only, two for each byte: X'ff00'", (1, 10, 6)),
    (
        "CALL Ask(E'C:\\dir')",
        "argument 1 of Ask: there is no such escape in E'…'; write \\\\ for a backslash, or leave the E out",
        (1, 14, 2),
    ),
    (
        "CALL Ask(E'\\u12')",
        "argument 1 of Ask: there is no such escape in E'…'; write \\\\ for a backslash, or leave the E out",
        (1, 12, 2),
    ),
    (
        "CALL Ask(E'\\xff')",
        "argument 1 of Ask: the \\x escapes of this string are not UTF-8; write \\u00e9, or X'…' for bytes",
        (1, 10, 7),
    ),
    ("CALL Ask(Model = 'x')", "argument 1 of Ask is named with =>, not with =; write Model => …", (1, 10, 7)),
    ("CALL Ask(Model == 'x')", "argument 1 of Ask is named with =>, not with =; write Model => …", (1, 10, 8)),
    (
        "CALL Ask(:Model => 'x')",
        "argument 1 of Ask has a name with a sign or quotes, which a name has not; write Model => …",
        (1, 10, 9),
    ),
    (
        "CALL Ask('Model' => 'x')",
        "argument 1 of Ask has a name with a sign or quotes, which a name has not; write Model => …",
        (1, 10, 10),
    ),
    (
        "CALL Ask(@Model => 'x')",
        "argument 1 of Ask has a name with a sign or quotes, which a name has not; write Model => …",
        (1, 10, 9),
    ),
    (
        "CALL Ask(Model =>)",
        "argument 1 (Model) of Ask has no value after =>; write one, or leave the argument out",
        (1, 16, 2),
    ),
    ("CALL Ask(=> 'x')", "argument 1 of Ask has no name before =>; write Name => value", (1, 10, 2)),
    (
        "CALL Ask(Model => Temperature => 1)",
        "argument 1 (Model) of Ask has one name too many; put a comma between two arguments",
        (1, 19, 16),
    ),
    (
        "EXEC @code = Ask 'x'",
        "a procedure has no return value here, it has result rows; write CALL Name(…) alone",
        (1, 6, 1),
    ),
    (
        "EXEC Ask @text = @value",
        "argument 1 (text) of Ask is @value, and @ only names a parameter, as in @value = …; a marker is :value",
        (1, 18, 6),
    ),
    (
        "EXEC Ask @text = 'x' OUTPUT",
        "found OUTPUT after the value 'x'; arguments need a comma between them, and one text is one string",
        (1, 22, 6),
    ),
    ("EXEC Ask Message = 'x'", "argument 1 of Ask is named with =>, not with =; write Message => …", (1, 10, 9)),
    (
        "{ ? = call Ask(?) }",
        "a procedure has no return value here, it has result rows; write CALL Name(…) alone",
        (1, 3, 1),
    ),
    ("{call Ask(?)", "the '{' that stands here is never closed; close it with '}'", (1, 1, 1)),
    ("{call Ask ?}", "expected '(' after Ask, found '?'; the arguments of CALL stand in parentheses", (1, 11, 1)),
    ("{call Ask(?) }}", "found '}' after the call; nothing but ';' may stand here", (1, 15, 1)),
    ("{fn now()}", "expected call after '{', found fn; write {call Name(…)}", (1, 2, 2)),
    ("{ }", "expected call after '{', found '}'; write {call Name(…)}", (1, 3, 1)),
    (
        "EXPLAIN COST DELETE",
        "expected CALL, EXEC or EXECUTE, found DELETE; EXPLAIN COST takes a call or a query",
        (1, 14, 6),
    ),
    (
        "EXPLAIN COST",
        "expected CALL, EXEC or EXECUTE, found the end of the statement; EXPLAIN COST takes a call or a query",
        (1, 13, 1),
    ),
    (
        "EXPLAIN ANALYZE CALL Ask(1)",
        "a call cannot be analyzed; EXPLAIN CALL shows its request, EXPLAIN COST CALL its price",
        (1, 1, 7),
    ),
    (
        "EXPLAIN CALL Ask(hello)",
        "argument 1 of Ask is the bare word hello; quote it as a string 'hello', or write :hello for a marker",
        (1, 18, 5),
    ),
    (
        "SHOW PROCEDURE",
        "SHOW lists all procedures; write SHOW PROCEDURES, or DESCRIBE PROCEDURE Name for one",
        (1, 1, 4),
    ),
    ("SHOW PROCEDURES Ask", "found Ask after SHOW PROCEDURES; only LIKE '%Image%' may stand here", (1, 17, 3)),
    ("SHOW TOOLS WHERE a = 1", "found WHERE after SHOW TOOLS; only LIKE '%sales%' may stand here", (1, 12, 5)),
    (
        "SHOW PROCEDURES LIKE Ask",
        "expected a pattern in single quotes after LIKE, found Ask; write LIKE '%Image%'",
        (1, 22, 3),
    ),
    (
        "SHOW PROCEDURES LIKE :a",
        "expected a pattern in single quotes after LIKE, found ':'; write LIKE '%Image%'",
        (1, 22, 1),
    ),
    (
        "DESCRIBE PROCEDURE",
        'DESCRIBE PROCEDURE needs the name of one, found the end of the statement; write it as Name, "Name" or [Name]',
        (1, 19, 1),
    ),
    ("DESCRIBE PROCEDURE Ask, Tell", "found ',' after the name; nothing but ';' may stand here", (1, 23, 1)),
    (
        "CREATE PROCEDURE",
        'CREATE PROCEDURE needs the name of one, found the end of the statement; write it as Name, "Name" or [Name]',
        (1, 17, 1),
    ),
    (
        "CREATE TOOL",
        'CREATE TOOL needs the name of one, found the end of the statement; write it as Name, "Name" or [Name]',
        (1, 12, 1),
    ),
    (
        "CREATE TOOL t",
        f"expected '(' and the parameters after t, found the end of the statement; write {TOOL}",
        (1, 14, 1),
    ),
    ("CREATE TOOL t() SELECT 1", f"expected AS and a query or a CALL, found SELECT; write {TOOL}", (1, 17, 6)),
    (
        "CREATE TOOL t() AS DELETE FROM x",
        "expected a query or a CALL after AS, found DELETE; the body of a tool begins with SELECT, FROM, WITH, VALUES "
        "or CALL",
        (1, 20, 6),
    ),
    ("CREATE TOOL t() AS SELECT (1", "the '(' that stands here is never closed; close it with ')'", (1, 27, 1)),
    (
        "CREATE TOOL t() AS SELECT 1; SELECT 2",
        "a second statement begins here; send one at a time, or use executescript or a file for several",
        (1, 30, 6),
    ),
    (
        "CREATE TOOL t() RETURNS (a INTEGER) AS CALL Ask('x')",
        "a tool has no RETURNS, for the model reads whatever it gives; leave it out",
        (1, 17, 7),
    ),
    (
        "CREATE TOOL t() AS CALL Ask('x') LIMIT 1",
        "found LIMIT after the call; nothing but ';' may stand here",
        (1, 34, 5),
    ),
    ("CREATE TOOL t(a) AS SELECT 1", "the parameter a has no type; write a VARCHAR", (1, 15, 1)),
    (
        "CREATE OR REPLACE TOOL IF NOT EXISTS t() AS SELECT 1",
        "OR REPLACE and IF NOT EXISTS contradict each other; leave one out",
        (1, 1, 6),
    ),
    ("ALTER TOOL t", "a tool is not altered but made anew; write CREATE OR REPLACE TOOL …", (1, 1, 5)),
    ("SHOW TOOL t", "SHOW lists all tools; write SHOW TOOLS, or DESCRIBE TOOL name for one", (1, 1, 4)),
    (
        "SHOW TOOLS LIKE x",
        "expected a pattern in single quotes after LIKE, found x; write LIKE '%sales%'",
        (1, 17, 1),
    ),
    ("DROP TOOL a b", "found b after the name; nothing but ';' may stand here", (1, 13, 1)),
    (
        "CREATE PROCEDURE Ask",
        f"expected '(' and the parameters after Ask, found the end of the statement; write {DECLARATION}",
        (1, 21, 1),
    ),
    (
        "CREATE PROCEDURE Ask() AS SELECT 1",
        "expected CALL after AS, found SELECT; the body of a procedure is one CALL",
        (1, 27, 6),
    ),
    (
        "CREATE PROCEDURE Ask() CALL X()",
        f"expected AS and a CALL, found CALL; write {DECLARATION}",
        (1, 24, 4),
    ),
    (
        "CREATE OR REPLACE PROCEDURE IF NOT EXISTS Ask() AS CALL X()",
        "OR REPLACE and IF NOT EXISTS contradict each other; leave one out",
        (1, 1, 6),
    ),
    ("CREATE PROCEDURE Ask(q) AS CALL X(:q)", "the parameter q has no type; write q VARCHAR", (1, 22, 1)),
    (
        "CREATE PROCEDURE Ask('q' TEXT) AS CALL X(:q)",
        "expected a parameter such as Body VARCHAR, found 'q' TEXT",
        (1, 22, 8),
    ),
    ("CREATE PROCEDURE Ask(q TEXT,) AS CALL X(:q)", "parameter 2 is missing; write one, or one comma less", (1, 29, 1)),
    ("CREATE PROCEDURE Ask(q TEXT, Q TEXT) AS CALL X(:q)", "the parameter Q is declared twice; rename one", (1, 30, 6)),
    (
        "CREATE PROCEDURE Ask(q TEXT NOT NULL) AS CALL X(:q)",
        "found NOT NULL after the type of q; a parameter without DEFAULT is required, one with DEFAULT NULL is not",
        (1, 29, 8),
    ),
    (
        "CREATE PROCEDURE Ask(q TEXT DEFAULT) AS CALL X(:q)",
        "found DEFAULT after the type of q; only DEFAULT value and COMMENT 'text' may stand there",
        (1, 29, 7),
    ),
    (
        "CREATE PROCEDURE Ask(q TEXT DEFAULT :x) AS CALL X(:q)",
        "the default of parameter 1 (q) of Ask is a marker; a default is a literal",
        (1, 37, 2),
    ),
    ("CREATE PROCEDURE Ask(q TEXT COMMENT 3) AS CALL X(:q)", "COMMENT takes a text in single quotes", (1, 37, 1)),
    (
        "CREATE PROCEDURE Ask(q TEXT AS CALL X(:q)",
        "the '(' that stands here is never closed; close it with ')'",
        (1, 21, 1),
    ),
    (
        "CREATE PROCEDURE Ask() RETURNS AS CALL X()",
        "expected '(' and columns after RETURNS, found AS; write RETURNS (priority INTEGER)",
        (1, 32, 2),
    ),
    (
        "CREATE PROCEDURE Ask() RETURNS () AS CALL X()",
        "RETURNS has no columns; name at least one, or leave RETURNS out",
        (1, 32, 1),
    ),
    (
        "CREATE PROCEDURE Ask() COMMENT AS CALL X()",
        "expected a text in single quotes after COMMENT, found AS",
        (1, 32, 2),
    ),
    ("CREATE PROCEDURE Ask() AS CALL X", "expected '(' after X, found the end of the statement", (1, 33, 1)),
    (
        "CREATE PROCEDURE Ask() AS CALL X(:a ||)",
        "argument 1 of X has nothing on one side of ||; write a text or a marker there",
        (1, 34, 5),
    ),
    (
        "CREATE PROCEDURE Ask() AS CALL X(m => 'a' || ['b'])",
        "argument 1 (m) of X joins texts with ||, which arrays and bytes are not",
        (1, 46, 5),
    ),
    (
        "CREATE PROCEDURE Ask() AS CALL X(?)",
        "argument 1 of X is ?, which stands for no parameter; write :Name",
        (1, 34, 1),
    ),
    (
        "CREATE PROCEDURE Ask() AS CALL X(m =>)",
        "argument 1 (m) of X has no value; write one, or leave the argument out",
        (1, 34, 4),
    ),
    (
        "CREATE PROCEDURE Ask() AS CALL X('a',)",
        "argument 2 of X is empty; write a value (NULL for none), or one comma less",
        (1, 38, 1),
    ),
    ("CREATE PROCEDURE Ask() AS CALL X() Y", "found Y after the call; nothing but ';' may stand here", (1, 36, 1)),
    ("ALTER PROCEDURE Ask", "a procedure is not altered but made anew; write CREATE OR REPLACE PROCEDURE …", (1, 1, 5)),
    (
        "DROP PROCEDURE",
        'DROP PROCEDURE needs the name of one, found the end of the statement; write it as Name, "Name" or [Name]',
        (1, 15, 1),
    ),
    ("DROP PROCEDURE Ask, Tell", "found ',' after the name; nothing but ';' may stand here", (1, 19, 1)),
    (
        "SELECT 'never closed",
        "the string that begins here is never closed; end it with ' (an apostrophe inside is written '')",
        (1, 8, 1),
    ),
    (
        "CALL Ask(\n  'a',\n  Model => hello\n)",
        "argument 2 (Model) of Ask is the bare word hello; quote it as a string 'hello', or write :hello for a marker",
        (3, 12, 5),
    ),
    (
        "CALL Ask(\r\n\t'a',\r\n\tb)",
        "argument 2 of Ask is the bare word b; quote it as a string 'b', or write :b for a marker",
        (3, 2, 1),
    ),
    (
        "CALL Ask('line one\nline two', x y)",
        "argument 2 of Ask is text without quotes; quote it as a string 'x y'",
        (2, 12, 3),
    ),
    (
        "CALL Ask(\u200b1)",
        "argument 1 of Ask is no value but holds the invisible character U+200B; delete that character",
        (1, 10, 2),
    ),
    (
        "\ufeffCALL Ask(hello)",
        "argument 1 of Ask is the bare word hello; quote it as a string 'hello', or write :hello for a marker",
        (1, 11, 5),
    ),
    (
        "CALL Ask(\x00)",
        "argument 1 of Ask is no value but holds the invisible character U+0000; delete that character",
        (1, 10, 1),
    ),
    (
        "CALL Ask(??)",
        "found ? after the value ?; arguments need a comma between them, and one text is one string",
        (1, 11, 1),
    ),
    (
        "CALL Ask($a$b)",
        "found $ after the value $a; arguments need a comma between them, and one text is one string",
        (1, 12, 1),
    ),
    (
        "CALL Ask(?::int)",
        "argument 1 of Ask is a cast; write the value alone; the parameter's type decides what becomes of it",
        (1, 10, 6),
    ),
    ("CALL Ask({# x #} 1)", f"argument 1 of Ask is the expression {{# x #}} 1; {COMPUTE_FIRST}", (1, 10, 9)),
    (
        "CALL Ask({{x}})",
        'argument 1 of Ask is a struct; write JSON as a string: \'{"name": "value"}\'',
        (1, 10, 5),
    ),
]
# The same, then the number of the argument.
WRONG_ARGUMENTS = [
    (
        "CALL Ask(Model => 'a', model := 'b')",
        "model is given twice, first at line 1, column 10; leave one out",
        (1, 24, 5),
        2,
    ),
    (
        "CALL Ask(\n  Model => 'a',\n  @MODEL = 'b')",
        "MODEL is given twice, first at line 2, column 3; leave one out",
        (3, 4, 5),
        2,
    ),
    (
        "CALL Ask(1, Model => 'a', 'b', 'c')",
        "argument 3 of Ask has no name, but one before it has; name it too (Name => …)",
        (1, 27, 3),
        3,
    ),
    ("CALL Ask(?, :a)", "? and named markers cannot stand in one statement; use one kind for all", (1, 13, 2), None),
    (
        "CALL Ask(:a, x => ?)",
        "? and named markers cannot stand in one statement; use one kind for all",
        (1, 19, 1),
        None,
    ),
]


def place_of(error: StatementError) -> tuple[int | None, int | None, int]:
    """Line, column and width, as attributes and as the message shows them."""
    source, pointer = str(error).split("\n")[-2:]
    assert pointer.endswith(f" line {error.line}, column {error.column}")
    assert pointer.index("^") <= len(source)
    return error.line, error.column, pointer.count("^")


@pytest.mark.parametrize(("text", "message", "place"), WRONG_SYNTAX)
def test_a_wrong_statement_is_told_what_is_wrong_and_where(text, message, place):
    with pytest.raises(CallSyntaxError) as caught:
        parse_statement(text)

    assert caught.value.reason == message
    assert str(caught.value).startswith(message + "\n  ")
    assert place_of(caught.value) == place


@pytest.mark.parametrize(("text", "message", "place", "position"), WRONG_ARGUMENTS)
def test_wrong_arguments_are_told_what_is_wrong_and_where(text, message, place, position):
    with pytest.raises(ArgumentsError) as caught:
        parse_statement(text)

    assert caught.value.reason == message
    assert place_of(caught.value) == place
    assert caught.value.procedure == "Ask"
    assert caught.value.position == position


def test_an_error_about_a_value_carries_its_procedure_parameter_and_position():
    with pytest.raises(CallSyntaxError) as caught:
        parse_statement("CALL Ask(1, Model => [hello])")

    assert (caught.value.procedure, caught.value.parameter, caught.value.position) == ("Ask", "Model", 2)


def test_the_pointer_stands_under_the_fault():
    with pytest.raises(CallSyntaxError) as caught:
        parse_statement("CALL Ask(\n\t'a',\n\tModel => hello)")

    assert str(caught.value).split("\n")[1:] == [
        "   Model => hello)",
        "            ^^^^^ line 3, column 11",
    ]


def test_the_pointer_shows_a_window_of_a_long_line():
    with pytest.raises(CallSyntaxError) as caught:
        parse_statement(f"CALL Ask('{'x' * 1_000}', hello, '{'y' * 1_000}')")

    source, pointer = str(caught.value).split("\n")[1:]
    start = pointer.index("^")
    assert len(source) < 200
    assert source[start : start + pointer.count("^")] == "hello"


def test_a_message_never_holds_what_a_terminal_obeys():
    with pytest.raises(CallSyntaxError) as caught:
        parse_statement("CALL Ask('\x1b[31m', \x1b[31m\ud800)")

    assert str(caught.value).replace("\n", "").isprintable()


def test_long_names_are_cut_in_messages():
    with pytest.raises(CallSyntaxError) as caught:
        parse_statement(f"CALL {'a' * 5_000}({'b' * 5_000} => {'c' * 5_000})")

    assert len(str(caught.value)) < 1_000


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"CALL Ask({'9' * 641})", "argument 1 of Ask: a number has at most 640 characters, this one has 641"),
        (f"CALL Ask(-{'9' * 641})", "argument 1 of Ask: a number has at most 640 characters, this one has 641"),
        ("CALL Ask(1e-1000)", "argument 1 of Ask: an exponent is at most 999, here it is -1000"),
        (
            f"CALL Ask('{'x' * (1 << 20)}')",
            "a statement has at most 1,048,576 characters, this one has 1,048,588; pass long values through markers",
        ),
    ],
    ids=["digits", "signed digits", "exponent", "statement"],
)
def test_a_limit_is_named_when_it_is_passed(text, message):
    with pytest.raises(CallSyntaxError) as caught:
        parse_statement(text)

    assert caught.value.reason == message


def test_a_statement_of_just_the_longest_length_is_read():
    text = f"CALL Ask('{'x' * ((1 << 20) - 12)}')"

    assert len(text) == 1 << 20
    assert len(parse_statement(text).arguments[0].value.value) == (1 << 20) - 12


def test_a_script_beyond_its_limit_is_refused():
    with pytest.raises(CallSyntaxError, match=r"at most 16,777,216 characters, this one has 16,777,217"):
        split_statements(" " * ((1 << 24) + 1))


def test_a_script_with_an_open_string_is_refused_with_its_place():
    with pytest.raises(CallSyntaxError) as caught:
        split_statements("CALL Ask('a');\nCALL Ask('b);\nSELECT 1;")

    assert (caught.value.line, caught.value.column) == (2, 10)


@pytest.mark.parametrize(
    "value",
    ["[" * 50_000 + "]" * 50_000, "(" * 50_000 + ")" * 50_000, "NOT " * 50_000 + "TRUE", "-" * 2 + " -" * 50_000 + "1"],
    ids=["arrays", "parentheses", "NOT", "signs"],
)
def test_deep_nesting_is_an_error_and_not_a_crash(value):
    with pytest.raises(CallSyntaxError):
        parse_statement(f"CALL Ask({value})")
