"""Letters that were scanned: pictures of text, without any."""

from __future__ import annotations

import io

from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas


def picture() -> bytes:
    """A PDF of one page that is a picture."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer)
    canvas.drawImage(ImageReader(Image.new("L", (60, 80), 200)), 0, 0, 600, 800)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()
