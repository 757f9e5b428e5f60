"""Errors of the eval suite, all of them a user's mistake or a server's: one line, exit code 1.

GuideqaError
├── InputError
│   ├── QuestionSetError     a question file, table or dataset that is off
│   ├── RecordError          a record that cannot be read, or not compared with another
│   └── EvalConfigError      a configuration or a thresholds file that is off
├── SystemUnderTestError     the server did not answer, or not in the form of the contract
└── GateError                a measured value misses its threshold: exit code 1, each named
"""

from __future__ import annotations

from guideqa.errors import GuideqaError, InputError


class QuestionSetError(InputError):
    """A question file, a table of questions or a dataset that is off."""


class RecordError(InputError):
    """A record that cannot be read, or cannot be compared with the other one."""


class EvalConfigError(InputError):
    """A configuration or a thresholds file that is off."""


class SystemUnderTestError(GuideqaError):
    """The system that is measured did not answer, or not in the form of the contract."""


class GateError(GuideqaError):
    """A measured value misses its threshold, or is significantly worse than the baseline's."""
