"""Keep a folder in step with a collection.

Each document has the SHA-256 of its content in a field. A query over ``read_blob`` and ``ListCollectionDocuments`` then
tells what is in the folder and not in the collection, or the other way round: a file that has changed is both. What is
gone is taken out, what is new is put in, and for a folder that has not changed there are two lists and nothing else.
The queries change things at the service, so the connection says ``allow_changes=True``.
"""

from pathlib import Path

from service import service

import grokcall

HERE = "SELECT parse_filename(filename) AS name, content, sha256(content) AS sha256 FROM read_blob('handbook/*.md')"
THERE = """
    SELECT Document_FileId AS file_id, Document_Name AS name, Document_Fields->>'sha256' AS sha256
    FROM ListCollectionDocuments($collection)
"""
TAKE_OUT = f"""
    WITH here AS ({HERE}), there AS ({THERE})
    SELECT 'taken out', gone.name
    FROM (SELECT * FROM there ANTI JOIN here USING (name, sha256)) gone,
        RemoveCollectionDocument($collection, gone.file_id) document,
        DeleteFile(document.Deleted_Id) file
    ORDER BY gone.name
"""
PUT_IN = f"""
    WITH here AS ({HERE}), there AS ({THERE})
    SELECT 'put in', fresh.name, document.Document_Status
    FROM (SELECT * FROM here ANTI JOIN there USING (name, sha256)) fresh,
        UploadCollectionDocument($collection, fresh.content, fresh.name, json_object('sha256', fresh.sha256)) document
    ORDER BY fresh.name
"""


def bring_in_step(connection: grokcall.Connection, collection: str) -> None:
    """Takes out of the collection what is not in the folder, and puts in what is."""
    for query in (TAKE_OUT, PUT_IN):
        for row in connection.execute(query, {"collection": collection}).fetchall():
            print(*row)


folder = Path("handbook")
folder.mkdir()
(folder / "returns.md").write_text("Returns are free within 30 days.\n")
(folder / "hours.md").write_text("We are open from nine to five.\n")
(folder / "parking.md").write_text("There is parking behind the house.\n")

with service(), grokcall.connect(allow_changes=True) as connection:
    made = connection.execute("CALL CreateCollection('handbook', Fields => 'sha256 VARCHAR NOT NULL')")
    collection = made.fetch_arrow_table()["Collection_Id"][0].as_py()
    bring_in_step(connection, collection)

    print("Some files change.")
    (folder / "hours.md").write_text("We are open from nine to six.\n")
    (folder / "parking.md").unlink()
    bring_in_step(connection, collection)

    print("Nothing changes.")
    bring_in_step(connection, collection)

    found = connection.execute("CALL SearchCollection('When are you open?', :id, 1)", {"id": collection})
    print("Found:", found.fetchone()[0].strip())
