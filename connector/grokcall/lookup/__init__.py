"""A lookup: one call for each row of a table, its result beside the row."""

from grokcall.lookup.options import LookupOptions as LookupOptions
from grokcall.lookup.options import OnError as OnError
from grokcall.lookup.options import OnNullInput as OnNullInput
from grokcall.lookup.plan import LookupFailedError as LookupFailedError
from grokcall.lookup.plan import LookupPlan as LookupPlan
from grokcall.lookup.plan import chunk_rows as chunk_rows
from grokcall.lookup.results import LookupResult as LookupResult
from grokcall.lookup.results import agathered as agathered
from grokcall.lookup.results import gathered as gathered
from grokcall.lookup.stream import LookupStoppedError as LookupStoppedError
from grokcall.lookup.stream import LookupStream as LookupStream
