"""Pictures for tests."""

from io import BytesIO

from PIL import Image, ImageDraw


def drawn(
    kind: str = "PNG", size: tuple[int, int] = (400, 100), colour: str = "#c8102e", ground: str = "#ffffff"
) -> bytes:
    """A bar of a colour on a ground, as a file of this kind; a ground such as ``#ffffff00`` shows through."""
    picture = Image.new("RGBA" if len(ground) > 7 else "RGB", size, ground)
    ImageDraw.Draw(picture).rectangle((20, 20, size[0] - 20, size[1] - 20), fill=colour)
    file = BytesIO()
    picture.save(file, kind)
    return file.getvalue()
