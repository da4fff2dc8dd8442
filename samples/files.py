"""Ask about files.

AnalyzeFile uploads up to three files, asks, and deletes them again, also when the answer fails. The connection option
``file_transfer='inline'`` puts them into the request instead. In a lookup, ``grokcall.file`` reads the file whose path
stands in a column.
"""

from pathlib import Path

from service import OPENINGS, service

import grokcall

Path("spring.csv").write_text("month,sales\nMarch,120\nApril,90\nMay,160\n")
Path("autumn.csv").write_text("month,sales\nSeptember,80\nOctober,75\n")

with service(), grokcall.connect() as connection:
    cursor = connection.execute(
        "CALL AnalyzeFile('What is in this file?', :content, 'openings.csv')", {"content": OPENINGS.read_bytes()}
    )
    print(cursor.fetch_arrow_table()["Response_Result"][0])

    result = connection.lookup(
        "CALL AnalyzeFile('What is in this file?', :content, :path)",
        [{"path": "spring.csv"}, {"path": "autumn.csv"}, {"path": "winter.csv"}],
        mapping={"content": grokcall.file("path")},
        fields=["Response_Result"],
    )
    for row in result.rows.to_pylist():
        print(row["path"], "->", row["Response_Result"])
    for row in result.errors.to_pylist():
        print(row["path"], "->", row["Call_ErrorMessage"])
