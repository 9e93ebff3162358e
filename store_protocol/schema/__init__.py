"""The typed event: one file an interface, each field with its limits and old names beside it."""

from store_protocol.schema.breadcrumb import Breadcrumb as Breadcrumb
from store_protocol.schema.breadcrumb import Breadcrumbs as Breadcrumbs
from store_protocol.schema.event import Event as Event
from store_protocol.schema.exception import Exceptions as Exceptions
from store_protocol.schema.exception import ExceptionValue as ExceptionValue
from store_protocol.schema.logentry import LogEntry as LogEntry
from store_protocol.schema.mechanism import Mechanism as Mechanism
from store_protocol.schema.normalized_event import NormalizedEvent as NormalizedEvent
from store_protocol.schema.processing_error import ProcessingError as ProcessingError
from store_protocol.schema.request import Request as Request
from store_protocol.schema.stacktrace import Frame as Frame
from store_protocol.schema.stacktrace import Stacktrace as Stacktrace
from store_protocol.schema.thread import Thread as Thread
from store_protocol.schema.thread import Threads as Threads
from store_protocol.schema.user import Geo as Geo
from store_protocol.schema.user import User as User
