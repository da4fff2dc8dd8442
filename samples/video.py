"""Make a video and change it.

A video takes the service a while: the call starts it, looks again every ``poll_interval`` seconds, fetches the finished
video and gives its bytes. A video that is not ready after ``poll_timeout`` seconds raises ``NotReadyError``, whose
``request_id`` fetches it later with GetVideo and without paying again.
"""

import io

import av
from service import service

import grokcall


def told(film: bytes) -> str:
    """What a video is, in a few words."""
    with av.open(io.BytesIO(film)) as container:
        stream = container.streams.video[0]
        return f"{stream.codec_context.name} of {stream.width} x {stream.height}, {container.duration / 1e6:.0f} s"


with service(), grokcall.connect() as connection:
    cursor = connection.execute(
        "CALL GenerateVideo('A paper boat drifts down a stream', Duration => 2, Resolution => '480p')"
    )
    (boat,) = cursor.fetchone() or ()
    print("made:", told(boat))

    cursor.execute("CALL EditVideo(:film, 'Make it snow')", {"film": boat})
    (snowy,) = cursor.fetchone() or ()
    print("changed:", told(snowy))
