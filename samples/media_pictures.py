"""Make an image, change it, ask about it.

Images are Binary columns: bytes in, bytes out, whatever way the service hands them over. The sandbox draws plain
shapes of the asked size, which open in any program.
"""

import io

from PIL import Image
from service import service

import grokcall


def told(picture: bytes) -> str:
    """What an image is, in a few words."""
    with Image.open(io.BytesIO(picture)) as image:
        return f"{image.format} of {image.width} x {image.height}"


with service(), grokcall.connect() as connection:
    cursor = connection.execute("CALL GenerateImage('A red kite over dunes', AspectRatio => '3:2', Resolution => '1k')")
    (kite,) = cursor.fetchone() or ()
    print("made:", told(kite))

    cursor.execute("CALL EditImage('Make the sky of image 1 pink', :picture)", {"picture": kite})
    (pink,) = cursor.fetchone() or ()
    print("changed:", told(pink), "the same" if pink == kite else "another")

    # Up to three images at once; the prompt calls them image 1, image 2 and image 3.
    cursor.execute(
        "CALL AnalyzeImage('What is on image 1 and on image 2?', :first, :second)", {"first": kite, "second": pink}
    )
    print("seen:", cursor.fetch_arrow_table()["Response_Result"][0])
