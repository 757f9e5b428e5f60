"""Every error that guideqa raises on purpose.

GuideqaError
├── InputError            what a user gave is off (exit code 1, HTTP 4xx)
│   ├── QuestionError     an empty or over-long question
│   ├── DocumentError     a file that cannot be read as a document
│   └── NotFoundError     a document, page or passage that is not there
├── IndexUnavailableError the index is missing, corrupt, or of another model (exit code 1, HTTP 503)
├── BusyError             somebody else is writing the index, or too much is waiting (HTTP 409)
├── StorageError          a disk that is full or may not be written (HTTP 507)
├── ModelError            a model that is not there or cannot be loaded
├── LanguageModelError    (guideqa.llm.model) a language model that gave nothing to be used
├── SettingsError         a setting with an impossible value
└── CitationError         a quotation that does not stand on its page
"""

from __future__ import annotations


class GuideqaError(Exception):
    """The root: its message is one sentence in the reader's language, with the remedy."""


class InputError(GuideqaError):
    """What a user gave is off."""


class QuestionError(InputError):
    """A question that cannot be searched for."""


class DocumentError(InputError):
    """A file that cannot be read as a document."""


class NotFoundError(InputError):
    """A document, page or passage that is not in the index."""


class IndexUnavailableError(GuideqaError):
    """The index is missing, half built, corrupt, or built with another model."""


class BusyError(GuideqaError):
    """Somebody else is writing the index, or what is asked for has come too late."""


class StorageError(GuideqaError):
    """A disk that is full or may not be written."""


class ModelError(GuideqaError):
    """A model that is not there or cannot be loaded."""


class SettingsError(GuideqaError):
    """A setting with an impossible value."""


class CitationError(GuideqaError):
    """A quotation that does not stand on its page, or a passage that was not retrieved."""
