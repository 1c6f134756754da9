"""The process in which a picture is made small: `python -m py360.modules.files.shrink`, the picture in, a PNG out.

It limits its own memory and computing time before it looks at a stranger's bytes, and opens no format but those that documents
may have. It exits with 1 when the picture cannot be read.
"""

import io
import resource
import sys
import warnings
from typing import Final

from PIL import Image, ImageOps

MEMORY_BYTES: Final = 1 << 30
SECONDS: Final = 5
SIDE: Final = 256  # pixels of the longer side
MOST_PIXELS: Final = 60_000_000
FORMATS: Final = ("JPEG", "PNG", "GIF", "TIFF", "WEBP")


def shrink(content: bytes) -> bytes:
    """A PNG of at most 256 by 256 pixels, upright. Raises OSError, ValueError and Pillow's own for what is no picture."""
    with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
        if picture.width * picture.height > MOST_PIXELS:
            raise ValueError("too many pixels")
        picture.draft("RGB", (SIDE * 2, SIDE * 2))  # a JPEG is decoded small
        small = ImageOps.exif_transpose(picture.convert("RGBA"))
        small.thumbnail((SIDE, SIDE))
        target = io.BytesIO()
        small.save(target, "PNG")
        return target.getvalue()


def main() -> int:
    """Read the picture from standard input; the exit status."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        sys.stdout.buffer.write(shrink(sys.stdin.buffer.read()))
    except (OSError, ValueError, SyntaxError, MemoryError, Image.DecompressionBombError, Warning) as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
