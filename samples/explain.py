"""See the request before it is sent.

EXPLAIN CALL gives the HTTP requests that a CALL would send: method, address, headers without the key, and the body with
long binary parts shortened. Nothing is sent, so it needs no key and costs nothing.
"""

import json

import grokcall

with grokcall.connect(base_url="https://api.x.ai/v1") as connection:
    cursor = connection.execute(
        "EXPLAIN CALL ClassifyText(:text, ['delivery', 'billing'], Temperature => 0)", {"text": "The parcel never came"}
    )
    for step in cursor.fetch_arrow_table().to_pylist():
        print(step["Step"], step["Method"], step["Url"])
        print(step["Headers"])
        print(json.dumps(json.loads(step["Body"]), indent=2))

    # Some calls take several requests; what only a reply can tell has a stand-in.
    cursor.execute("EXPLAIN CALL AnalyzeFile('Which month was best?', :data, 'sales.csv')", {"data": b"May,160\n"})
    for step in cursor.fetch_arrow_table().to_pylist():
        print(step["Step"], step["Method"], step["Url"])
    print(step["Body"])

    # A value that the model would refuse is left out, and the warning says so.
    cursor.execute("EXPLAIN CALL GenerateResponse('hi', Model => 'grok-code-fast-1', ReasoningEffort => 'low')")
    for row in cursor.fetch_arrow_table().to_pylist():
        print(row["Body"])
        print("warning:", row["Warning"])
