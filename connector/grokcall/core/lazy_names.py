"""Names of a package that come with their first use; every package does it, so it stands in the lowest."""

from grokcall_parser.lazy_names import lazy_names as lazy_names
from grokcall_parser.lazy_names import moved_names as moved_names
