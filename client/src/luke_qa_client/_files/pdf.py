"""PDF with pypdf: one part for each page.

Why pypdf: of what may be used anywhere (the licence of PyMuPDF does not allow that), it alone did all of these in the
tests: vertical lines in their order, tables row by row, and a file that is encrypted only against copying. pdfminer.six
read tables column by column, garbled the encrypted file and took twice the time; it would follow columns that are drawn
line by line across the page, which pypdf does not (its layout mode sets them beside each other, as it does the cells of
a table). PDFium read across columns, and vertical lines backwards.
"""

import logging
from io import BytesIO
from typing import Final

from .parts import Part, Reason, UnreadableFileError

MOST_PAGES: Final = 3000
_UPRIGHT: Final = 0.8  # the share of lines of one character, from which a page is vertical


def read_pdf(content: bytes) -> list[Part]:
    """Return the pages that have text.

    Raises:
        UnreadableFileError: it is damaged, protected by a password, too long, or has no text.
    """
    from pypdf import PasswordType, PdfReader

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # what it repairs in silence is no news to our users
    try:
        reader = PdfReader(BytesIO(content))
        if reader.is_encrypted and reader.decrypt("") == PasswordType.NOT_DECRYPTED:
            raise UnreadableFileError(Reason.PROTECTED, "it is protected by a password: save a copy without one.")
        count = len(reader.pages)
        if count > MOST_PAGES:
            raise UnreadableFileError(
                Reason.TOO_LARGE, f"it has {count:,} pages, and at most {MOST_PAGES:,} are read: split it."
            )
        texts = [_clean(page.extract_text()) for page in reader.pages]
    except UnreadableFileError:
        raise
    except Exception as error:  # pypdf lets whatever a damaged file causes pass
        raise UnreadableFileError(Reason.DAMAGED, "it is damaged: the PDF cannot be read.") from error
    parts = [Part(text, page=number) for number, text in enumerate(texts, 1) if text.strip()]
    if not parts:
        raise UnreadableFileError(
            Reason.PICTURES,
            "it holds no text, only pictures of pages: run text recognition (OCR) on it, and use the result.",
        )
    return parts


def _clean(text: str) -> str:
    """Return the text without what cannot be sent: NUL, and halves of characters."""
    text = text.replace("\0", "").encode("utf-8", "ignore").decode().strip("\n")
    lines = text.split("\n")
    # In vertical text whose characters are placed one by one, every character comes as a line.
    is_vertical = sum(len(line) == 1 for line in lines) > max(_UPRIGHT * len(lines), 3)
    return "".join(lines) if is_vertical else text
