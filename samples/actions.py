"""The named actions: procedures as functions with typed arguments.

For programs that need no SQL: the arguments have the procedures' names in Python's spelling, an editor completes them,
and a type checker checks them. The result is a list with one dict, as that of every other action.
"""

from service import service

import grokcall
from grokcall.actions import classify_text, generate_audio, generate_response, summarize_text

LETTER = (
    "The heater came on Tuesday. It was cold that week. The heater worked for one evening and then the heater "
    "stopped. I wrote to you twice and nobody answered. I would like my money back for the heater."
)

with service(), grokcall.connect() as connection:
    (row,) = generate_response(connection, "What is 12 * 12?", reasoning_effort="low")
    print(row["Response_Result"])

    (row,) = classify_text(connection, LETTER, ["refund", "delivery", "praise"])
    print(row["Result_Category"])

    (row,) = summarize_text(connection, LETTER, max_words=15)
    print(row["Result_Summary"])

    (row,) = generate_audio(connection, "Your money is on its way.", "en", voice="ara", output_codec="wav")
    sound = row["ResultAudio_Content"]
    assert isinstance(sound, bytes)
    print(sound[:4].decode(), sound[8:12].decode(), len(sound) > 10_000)
