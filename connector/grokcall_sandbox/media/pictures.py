"""Images: the prompt written on a backdrop, or the given images side by side with the instruction below."""

import math

from PIL import Image, ImageOps

from grokcall_sandbox.media.canvas import encode_picture, paint_backdrop, write_caption

_CAPTION_SHARE = 0.22


def make_picture(prompt: str, seed: int, size: tuple[int, int], kind: str = "JPEG") -> bytes:
    """An image file that carries its prompt.

    Args:
        prompt: What was asked for.
        seed: Gives other colours for the same prompt.
        size: Width and height in pixels.
        kind: `JPEG` or `PNG`.
    """
    image = paint_backdrop(prompt, seed, size)
    write_caption(image, prompt)
    return encode_picture(image, kind)


def edit_pictures(
    prompt: str, seed: int, sources: list[Image.Image], size: tuple[int, int], kind: str = "JPEG"
) -> bytes:
    """An image file that shows the given images as tiles, with the instruction as a caption.

    Args:
        prompt: The instruction.
        seed: Gives other colours around the tiles.
        sources: At least one image.
        size: Width and height in pixels.
        kind: `JPEG` or `PNG`.
    """
    image = paint_backdrop(prompt, seed, size)
    width, height = size[0], int(size[1] * (1 - _CAPTION_SHARE))
    columns = max(1, round(math.sqrt(len(sources) * width / height)))
    rows = math.ceil(len(sources) / columns)
    tile = (max(1, width // columns), max(1, height // rows))
    for number, source in enumerate(sources):
        fitted = ImageOps.contain(source, tile)
        left = number % columns * tile[0] + (tile[0] - fitted.width) // 2
        top = number // columns * tile[1] + (tile[1] - fitted.height) // 2
        image.paste(fitted, (left, top))
    write_caption(image, prompt, top=1 - _CAPTION_SHARE)
    return encode_picture(image, kind)
