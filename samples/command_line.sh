# The same work without a line of Python.
#
# Data goes to standard output and everything else to standard error, so commands can be piped. Without a key each
# command starts an engine of its own (--sandbox); with XAI_API_KEY set, leave that out.
set -eu
sandbox=--sandbox
if [ -n "${XAI_API_KEY:-}" ]; then sandbox=; fi

echo "# what there is to call"
grokcall procedures --json | grep -c '"signature"'
grokcall procedures --json | grep '"signature": "CALL Edit'

echo "# one call; a marker takes a parameter"
grokcall call $sandbox "CALL GenerateResponse(:Message)" -p Message="What is 6 * 7?" --format jsonl | cut -d, -f1,4

echo "# the request that a call would send; nothing is sent, so no key is needed"
grokcall call "EXPLAIN CALL GenerateResponse('hi', Temperature => 0.2)" --format json | grep '"Body"'

echo "# one call for each row; markers take columns, and the answers stand beside the rows"
printf 'id,question\n1,What is 2 + 3?\n2,What is 20 + 30?\n3,\n' >questions.csv
grokcall lookup $sandbox --quiet questions.csv "CALL GenerateResponse(:Message)" --map Message=question \
  --fields Response_Result -o answers.csv || echo "exit code $?: some rows failed"
cat answers.csv
echo "# the rows that failed, with the reason, are in a file of their own"
cut -d, -f1,3,4 answers.errors.csv

echo "# from a pipe into a pipe"
printf '{"word": "red"}\n{"word": "blue"}\n' |
  grokcall lookup $sandbox --quiet - "CALL GenerateResponse(:ask)" --map ask=word \
    --fields Response_Status --on-error fail

echo "# is the service there, and is the key accepted?"
grokcall check $sandbox 2>&1 | grep fine
