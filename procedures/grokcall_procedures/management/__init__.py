"""What is looked after at the management host: keys, usage, money and the audit log; and the key that is used."""

from grokcall_procedures.management.audit import PROCEDURES as _AUDIT
from grokcall_procedures.management.keys import PROCEDURES as _KEYS
from grokcall_procedures.management.money import PROCEDURES as _MONEY
from grokcall_procedures.management.own_key import PROCEDURES as OWN_KEY_PROCEDURES
from grokcall_procedures.management.usage import PROCEDURES as _USAGE

PROCEDURES = (*_KEYS, *_USAGE, *_MONEY, *_AUDIT)

__all__ = ["OWN_KEY_PROCEDURES", "PROCEDURES"]
