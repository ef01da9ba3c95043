"""What Tightlock's modules import from its own packages, as far as these connectors need it."""
import dataclasses


@dataclasses.dataclass
class ProtocolSchema:
    class_name: str
    fields: list


@dataclasses.dataclass
class ValidationResult:
    is_valid: bool
    messages: list


@dataclasses.dataclass
class RunResult:
    successful_hits: int = 0
    failed_hits: int = 0
    error_messages: list = dataclasses.field(default_factory=list)
    dry_run: bool = False


class DataInConnectorError(Exception):
    def __init__(self, message):
        super().__init__("Error 50 - DataInConnectorError: " + message)


class RateLimitedError(Exception):
    def __init__(self, message):
        super().__init__("Error 12 - RateLimitedError: " + message)


class FieldInfo:
    """As pydantic's: description, default, and whatever else was given."""

    def __init__(self, description, default, extra):
        self.description, self.default, self.extra = description, default, extra


def field(description, default=..., **extra):
    return FieldInfo(description, default, extra)
