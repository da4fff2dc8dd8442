"""Speak the rows of a table.

GenerateAudio turns a text into audio, in the codec and at the rate you ask for. A lookup over it gives a table with a
Binary column; here each one is opened again to see that it is what was asked for.
"""

import io
import wave

from service import service

import grokcall

GREETINGS = [
    {"Text": "Good morning", "Language": "en"},
    {"Text": "Guten Morgen", "Language": "de"},
    {"Text": "Buenos días", "Language": "es-ES"},
]

with service(), grokcall.connect() as connection:
    result = connection.lookup(
        "CALL GenerateAudio(:Text, :Language, 'eve', OutputCodec => 'wav', OutputSampleRate => 16000)", GREETINGS
    )
    print(result.rows.schema.to_string(show_schema_metadata=False))
    for row in result.rows.to_pylist():
        with wave.open(io.BytesIO(row["ResultAudio_Content"])) as sound:
            seconds = sound.getnframes() / sound.getframerate()
            print(f"{row['Language']}: {sound.getframerate()} Hz, {sound.getnchannels()} channel, {seconds > 0.3}")

    mp3 = connection.execute("CALL GenerateAudio('Good night', 'en')").fetch_arrow_table()["ResultAudio_Content"][0]
    print("mp3 by default:", len(mp3.as_py()) > 1_000)
