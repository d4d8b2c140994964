"""All tables of the ledger, whichever file defines them: what migrations must lead to."""

from ledger import audit_schema, mail_schema, schema

METADATA = schema.Base.metadata
"""Complete once this module is imported."""
TABLE_FILES = (schema, audit_schema, mail_schema)
