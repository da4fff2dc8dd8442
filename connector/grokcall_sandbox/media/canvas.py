"""Drawing: a backdrop whose colours come from a text, and the text written legibly on it."""

import hashlib
import io
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

from grokcall_sandbox.errors import invalid

MAX_PIXELS = 80_000_000
_CORNERS = 4


def open_picture(data: bytes, formats: tuple[str, ...]) -> Image.Image:
    """The image in `data` as RGB.

    Args:
        data: The file.
        formats: Pillow's names of the formats to take.

    Raises:
        ApiError: 400, it is no such image, is damaged or has too many pixels.
    """
    try:
        with Image.open(io.BytesIO(data), formats=formats) as image:
            if image.width * image.height > MAX_PIXELS:
                raise invalid(f"Image is too large: {image.width} x {image.height} pixels.")
            return image.convert("RGB")
    except (OSError, ValueError, Image.DecompressionBombError) as problem:
        raise invalid(f"Unsupported or damaged image; supported formats are {', '.join(formats)}.") from problem


def paint_backdrop(text: str, seed: int, size: tuple[int, int]) -> Image.Image:
    """A gradient between colours that the text's hash chooses."""
    digest = hashlib.sha256(f"{seed}\n{text}".encode()).digest()
    small = Image.new("RGB", (2, 2))
    for corner in range(_CORNERS):
        red, green, blue = digest[3 * corner : 3 * corner + 3]
        # Kept dark enough that white letters can be read on every backdrop.
        small.putpixel((corner % 2, corner // 2), (20 + red // 2, 20 + green // 2, 20 + blue // 2))
    return small.resize(size, Image.Resampling.BICUBIC)


def write_caption(image: Image.Image, text: str, top: float = 0.0, bottom: float = 1.0) -> None:
    """Write `text` in white, wrapped and as large as fits, between two heights given as shares of the image."""
    width, height = image.size
    room = (int(width * 0.88), max(8, int(height * (bottom - top) * 0.88)))
    lines, font = _fit_lines(text[:1_200], room)
    block = "\n".join(lines)
    draw = ImageDraw.Draw(image)
    middle = (width / 2, height * (top + bottom) / 2)
    edge = max(1, int(font.size) // 14)
    draw.multiline_text(
        middle, block, (255, 255, 255), font, "mm", align="center", stroke_width=edge, stroke_fill=(0, 0, 0)
    )


def encode_picture(image: Image.Image, kind: str) -> bytes:
    """The image as a file; `kind` is `JPEG` or `PNG`."""
    held = io.BytesIO()
    image.save(held, kind, **({"quality": 88} if kind == "JPEG" else {"compress_level": 3}))
    return held.getvalue()


def _fit_lines(text: str, room: tuple[int, int]) -> tuple[list[str], ImageFont.FreeTypeFont]:
    size = max(8, min(room[1] * 3 // 5, room[0] // 8))
    while True:
        font = _font(size)
        lines = _wrap(text, font, room[0])
        if size <= 8 or len(lines) * size * 1.3 <= room[1]:
            return lines, font
        size = max(8, int(size * 0.8))


def _wrap(text: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    lines: list[str] = []
    line = ""
    for word in text.split():
        longer = f"{line} {word}" if line else word
        if line and font.getlength(longer) > width:
            lines.append(line)
            line = word
        else:
            line = longer
    return [*lines, line] if line else lines or [" "]


@lru_cache(maxsize=64)
def _font(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise RuntimeError("Pillow was built without FreeType, which the sandbox needs to write captions")
    return font
