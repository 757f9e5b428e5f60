"""Page-cited question answering for Japanese administrative documents."""

__version__ = "0.1.0"
