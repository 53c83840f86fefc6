"""What can go wrong, each with the HTTP status and the code that a client is told.

    ChatError                       500 internal
    +-- InvalidInput                422 invalid_input
    |   +-- InvalidJSON             400 invalid_json
    |   +-- InvalidParameter        400 invalid_parameter
    |   +-- UnknownHost             400 unknown_host
    |   +-- BodyTooLarge            413 body_too_large
    |   +-- PromptTooLong           413 prompt_too_long
    |   +-- WrongMediaType          415 wrong_media_type
    |   +-- SearchTooBroad          422 search_too_broad
    |   +-- FileTooLarge            413 file_too_large
    |   +-- QuotaExceeded           413 quota_exceeded
    |   +-- UnsupportedFile         415 unsupported_file
    |   |   +-- MislabelledFile     415 mislabelled_file
    |   +-- UnreadableFile          422 unreadable_file
    |       +-- EmptyFile           422 empty_file
    |       +-- EncryptedFile       422 encrypted_file
    |       +-- MalformedFile       422 malformed_file
    |       +-- OversizedContent    422 oversized_content
    |       +-- InterruptedReading  422 interrupted_reading
    |   +-- WeakPassword            422 weak_password
    +-- Unauthenticated             401 unauthenticated
    |   +-- WrongCredentials        401 wrong_credentials
    |   +-- SignInRefused           401 sign_in_refused
    +-- Forbidden                   403 forbidden
    |   +-- ModelNotAllowed         403 model_not_allowed
    +-- NotFound                    404 not_found
    +-- NameTaken                   409 name_taken
    +-- IdentityTaken               409 identity_taken
    +-- LastAdministrator           409 last_administrator
    +-- LastWayIn                   409 last_way_in
    +-- LinkUsed                    410 link_used
    +-- RoundRunning                409 round_running
    +-- RoundEnded                  409 round_ended
    +-- PromptSent                  409 prompt_sent
    +-- QueueFull                   409 queue_full
    +-- TooManyRequests             429 too_many_requests
    |   +-- SignInThrottled         429 sign_in_throttled
    |   +-- UsageLimitReached       429 usage_limit_reached
    +-- Unavailable                 503 unavailable
        +-- DatabaseUnavailable     503 database_unavailable
        |   +-- DatabaseTooNew      503 database_too_new
        +-- InstanceInUse           503 instance_in_use
        +-- StorageUnavailable      503 storage_unavailable
        +-- ProviderUnavailable     503 provider_unavailable

A message is written for the person who reads it: what happened, and what to do. It never carries
a path, a key or a traceback.

The errors of all features stand in this one module, as their codes and statuses are one list that
clients rely on: it is compared with the page of the handbook that names them.
"""

from __future__ import annotations

from typing import ClassVar


class ChatError(Exception):
    """The root: an error whose message may be shown to a person."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"
    retry_after: int | None = None
    """Seconds after which the same request may succeed (RFC 9110, 10.2.3); None: it won't."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidInput(ChatError):
    status = 422
    code = "invalid_input"


class InvalidJSON(InvalidInput):
    status = 400
    code = "invalid_json"


class InvalidParameter(InvalidInput):
    """A parameter of the query string that can't be read; one that is out of range can."""

    status = 400
    code = "invalid_parameter"


class UnknownHost(InvalidInput):
    status = 400
    code = "unknown_host"


class BodyTooLarge(InvalidInput):
    status = 413
    code = "body_too_large"


class PromptTooLong(InvalidInput):
    status = 413
    code = "prompt_too_long"


class WrongMediaType(InvalidInput):
    status = 415
    code = "wrong_media_type"


class SearchTooBroad(InvalidInput):
    """So much has to be looked through that it takes too long."""

    code = "search_too_broad"


class FileTooLarge(InvalidInput):
    status = 413
    code = "file_too_large"


class QuotaExceeded(InvalidInput):
    status = 413
    code = "quota_exceeded"


class UnsupportedFile(InvalidInput):
    status = 415
    code = "unsupported_file"


class MislabelledFile(UnsupportedFile):
    """The content is not what the name says."""

    code = "mislabelled_file"


class UnreadableFile(InvalidInput):
    """A file of a known type that can't be read."""

    code = "unreadable_file"


class EmptyFile(UnreadableFile):
    code = "empty_file"


class EncryptedFile(UnreadableFile):
    code = "encrypted_file"


class MalformedFile(UnreadableFile):
    code = "malformed_file"


class OversizedContent(UnreadableFile):
    """What is in it takes more memory, time or text than a document may."""

    code = "oversized_content"


class InterruptedReading(UnreadableFile):
    """The server has ended each time while it was read."""

    code = "interrupted_reading"


class WeakPassword(InvalidInput):
    """A password that is too short, or that others guess first."""

    code = "weak_password"


class Unauthenticated(ChatError):
    """The request shows nothing, or nothing valid, that says who sends it."""

    status = 401
    code = "unauthenticated"


class WrongCredentials(Unauthenticated):
    """Name and password don't belong together, or a passkey is unknown."""

    code = "wrong_credentials"


class SignInRefused(Unauthenticated):
    """The provider has refused a sign-in, or what it says can't be believed."""

    code = "sign_in_refused"


class Forbidden(ChatError):
    status = 403
    code = "forbidden"


class ModelNotAllowed(Forbidden):
    code = "model_not_allowed"


class NotFound(ChatError):
    """Nothing there, or nothing that this person may see: the answer is the same for both."""

    status = 404
    code = "not_found"


class NameTaken(ChatError):
    """Another user has the name."""

    status = 409
    code = "name_taken"


class IdentityTaken(ChatError):
    """Another account, or another identity, is connected at the provider."""

    status = 409
    code = "identity_taken"


class LastAdministrator(ChatError):
    """No administrator who can sign in would be left."""

    status = 409
    code = "last_administrator"


class LastWayIn(ChatError):
    """The user could not sign in any more."""

    status = 409
    code = "last_way_in"


class LinkUsed(ChatError):
    """A link that was used, revoked or has expired, or never existed: all are answered alike."""

    status = 410
    code = "link_used"


class RoundRunning(ChatError):
    status = 409
    code = "round_running"


class RoundEnded(ChatError):
    """A round has an end already, and gets neither a second one nor anything after it."""

    status = 409
    code = "round_ended"


class LostRound(RoundEnded):
    """Another node has taken a round over, as this one was silent for too long."""


class PromptSent(ChatError):
    """A prompt is no longer queued: its round has begun."""

    status = 409
    code = "prompt_sent"


class QueueFull(ChatError):
    """As many prompts wait in a chat as may."""

    status = 409
    code = "queue_full"


class TooManyRequests(ChatError):
    status = 429
    code = "too_many_requests"
    retry_after: int

    def __init__(self, message: str, retry_after: int = 5) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class SignInThrottled(TooManyRequests):
    """Too many attempts to sign in."""

    code = "sign_in_throttled"


class UsageLimitReached(TooManyRequests):
    code = "usage_limit_reached"


class Unavailable(ChatError):
    """What can't be done now and may work later: the answer says after how many seconds."""

    status = 503
    code = "unavailable"
    retry_after: int | None = 5


class DatabaseUnavailable(Unavailable):
    """The database can't be read or written.

    Attributes:
        reason: One word for why.
        source: The message before it was translated.
    """

    code = "database_unavailable"

    def __init__(self, message: str, reason: str = "failing", source: str = "") -> None:
        super().__init__(message)
        self.reason = reason
        self.source = source or message


class DatabaseTooNew(DatabaseUnavailable):
    code = "database_too_new"
    retry_after = None


class InstanceInUse(Unavailable):
    """Another server has the instance folder."""

    code = "instance_in_use"


class StorageUnavailable(Unavailable):
    """The disk is full, or the folder of files can't be written."""

    code = "storage_unavailable"


class ProviderUnavailable(Unavailable):
    """The provider that signs users in can't be asked now."""

    code = "provider_unavailable"
