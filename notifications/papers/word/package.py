"""The package of a Word document: what a form needs and no more, and the same bytes for the same content on every day."""

import re
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from docx.document import Document as Page
from docx.opc.constants import RELATIONSHIP_TYPE as RT

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The day that every member bears: a package that told when it was made would differ on every retry of a mail."""
UNIX = 3
NEEDLESS = frozenset(
    {RT.THUMBNAIL, RT.CUSTOM_XML, RT.NUMBERING, "http://schemas.microsoft.com/office/2007/relationships/stylesWithEffects"}
)
"""Parts of the library's own template that no document of ours uses; nine tenths of its size."""
STYLES = frozenset({"Normal", "Default Paragraph Font", "Normal Table", "Table Normal", "Table Grid", "No List", "Header", "Footer"})
_CREATED = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(<)")


def trim(page: Page) -> None:
    """Take away what the library's template brings along: a picture, a second sheet of styles, dozens of table styles."""
    for owner in (page.part.package, page.part):
        for name, relation in list(owner.rels.items()):
            if relation.reltype in NEEDLESS:
                del owner.rels[name]
    for style in list(page.styles):
        if style.name not in STYLES:
            style.delete()
    about = page.core_properties
    about.author = about.comments = about.title = ""


def packed(content: bytes) -> bytes:
    """Return a package written again so that its bytes depend on its content alone."""
    sink = BytesIO()
    with ZipFile(BytesIO(content)) as source, ZipFile(sink, "w", ZIP_DEFLATED) as target:
        for member in source.infolist():
            info = ZipInfo(member.filename, EPOCH)
            info.compress_type, info.create_system = ZIP_DEFLATED, UNIX
            body = source.read(member)
            target.writestr(info, _CREATED.sub(rb"\g<1>1980-01-01T00:00:00Z\2", body) if member.filename == "docProps/core.xml" else body)
    return sink.getvalue()
