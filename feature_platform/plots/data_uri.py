"""A picture as Markdown text, so that a UI shows it without a file server."""

import base64


def data_uri(png: bytes, alt: str) -> str:
    """Markdown `![alt](data:image/png;base64,...)`; brackets and line breaks in `alt` cannot break it."""
    clean = " ".join(alt.replace("[", "(").replace("]", ")").replace("\\", "/").split())
    return f"![{clean}](data:image/png;base64,{base64.b64encode(png).decode('ascii')})"
