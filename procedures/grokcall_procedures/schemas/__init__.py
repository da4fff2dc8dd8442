"""The declared shapes of answers: SQL or JSON Schema in, typed columns out."""

from grokcall_procedures.schemas.mismatch import Mismatch
from grokcall_procedures.schemas.nested import Member
from grokcall_procedures.schemas.output import OutputSchema, declared_schema, read_output_schema, schema_text

__all__ = ["Member", "Mismatch", "OutputSchema", "declared_schema", "read_output_schema", "schema_text"]
