"""Telling a PDF's readers that there is a Factur-X invoice in it.

Typst attaches the XML as PDF/A-3 asks for, but cannot say in the document's metadata (XMP) that it is Factur-X. That is added
behind the document, as a revision of the one object that holds the metadata; all that was there stays as it was.
"""

import re

_METADATA = re.compile(
    rb"(\d+) 0 obj\n<</Length \d+/Type/Metadata/Subtype/XML>>\nstream\n(.*?)\nendstream\nendobj", re.DOTALL
)
_TRAILER = re.compile(rb"trailer\n<<(.*?)>>\nstartxref\n(\d+)\n%%EOF\s*\Z", re.DOTALL)
_SCHEMAS_END = b"</rdf:Bag></pdfaExtension:schemas>"
_DESCRIPTION_END = b"</rdf:Description></rdf:RDF>"
_URN = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
_PROPERTIES = {
    "DocumentType": ("INVOICE", "What kind of document the XML is"),
    "DocumentFileName": ("factur-x.xml", "Under which name the XML is attached"),
    "Version": ("1.0", "Which version of the XML's schema it follows"),
    "ConformanceLevel": ("EN 16931", "Which profile of Factur-X it follows"),
}


def as_hybrid(pdf: bytes) -> bytes:
    """A PDF/A-3 of ours with ``factur-x.xml`` attached, its metadata saying so; raises ValueError for any other PDF."""
    metadata, trailer = _METADATA.search(pdf), _TRAILER.search(pdf)
    if not (metadata and trailer and metadata[2].count(_SCHEMAS_END) == metadata[2].count(_DESCRIPTION_END) == 1):
        raise ValueError("this PDF is not built as expected")
    said = metadata[2].replace(_SCHEMAS_END, _schema() + _SCHEMAS_END)
    said = said.replace(_DESCRIPTION_END, b"</rdf:Description>" + _values() + b"</rdf:RDF>")
    number, start = int(metadata[1]), len(pdf) + 1
    revised = b"%d 0 obj\n<</Length %d/Type/Metadata/Subtype/XML>>\nstream\n%b\nendstream\nendobj\n" % (
        number,
        len(said),
        said,
    )
    table = b"xref\n%d 1\n%010d 00000 n\r\n" % (number, start)
    behind = b"trailer\n<<%b/Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (trailer[1], int(trailer[2]), start + len(revised))
    return b"%b\n%b%b%b" % (pdf, revised, table, behind)


def _schema() -> bytes:
    """The description of our properties that PDF/A wants of those it does not know."""
    properties = "".join(
        f'<rdf:li rdf:parseType="Resource"><pdfaProperty:name>{name}</pdfaProperty:name><pdfaProperty:valueType>Text'
        f"</pdfaProperty:valueType><pdfaProperty:category>external</pdfaProperty:category><pdfaProperty:description>{told}"
        "</pdfaProperty:description></rdf:li>"
        for name, (_, told) in _PROPERTIES.items()
    )
    return (
        '<rdf:li rdf:parseType="Resource"><pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>'
        f"<pdfaSchema:namespaceURI>{_URN}</pdfaSchema:namespaceURI><pdfaSchema:prefix>fx</pdfaSchema:prefix>"
        f"<pdfaSchema:property><rdf:Seq>{properties}</rdf:Seq></pdfaSchema:property></rdf:li>"
    ).encode()


def _values() -> bytes:
    values = "".join(f"<fx:{name}>{value}</fx:{name}>" for name, (value, _) in _PROPERTIES.items())
    return f'<rdf:Description rdf:about="" xmlns:fx="{_URN}">{values}</rdf:Description>'.encode()
