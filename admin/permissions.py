"""Which role may do what, in one place (security.md §8; payment.md). Campaigns are checked besides, per interaction."""

from admin.accounts import APPROVERS, Role

DRAW = (Role.REVIEWER,)
"""Drawing is the institution's, whose evaluators use these pages (L10240)."""
REVIEW = (Role.REVIEWER,)
AGREE = (Role.CAMPAIGN_ADMINISTRATOR,)
SEE_SAMPLES = (Role.REVIEWER, Role.CAMPAIGN_ADMINISTRATOR)
SEE_QUALITY = (Role.REVIEWER, Role.CAMPAIGN_ADMINISTRATOR, Role.TECHNICAL_AREA)
RUN_SUITES = (Role.TECHNICAL_AREA,)
SEE_STATEMENTS = (Role.TECHNICAL_AREA, *APPROVERS)
APPROVE = APPROVERS

SEE_INTERACTIONS = (
    Role.SUPERVISOR, Role.CAMPAIGN_ADMINISTRATOR, Role.TECHNICAL_AREA, Role.PROVIDER_OPERATIONS, Role.CUSTODIAN,
    Role.AUDITOR,
)  # fmt: skip
"""Any of their campaigns', masked; a reviewer opens those of a sample only."""
OPEN_INTERACTION = (*SEE_INTERACTIONS, Role.REVIEWER)
SEE_BOARD = (Role.SUPERVISOR, Role.CAMPAIGN_ADMINISTRATOR, Role.TECHNICAL_AREA)
"""The live board, of their campaigns (reports-sla.md §3)."""
LISTEN = (Role.SUPERVISOR, Role.REVIEWER, Role.CAMPAIGN_ADMINISTRATOR, Role.CUSTODIAN, Role.AUDITOR)
"""Not the technical area, and nobody of the provider."""
DOWNLOAD = (Role.CAMPAIGN_ADMINISTRATOR, Role.CUSTODIAN)
UNMASK = LISTEN
"""With a reason, every time."""
READ_WHOLE_AUDIT = (Role.TECHNICAL_AREA, Role.PROVIDER_OPERATIONS, Role.CUSTODIAN, Role.AUDITOR)
READ_AUDIT = (*READ_WHOLE_AUDIT, Role.CAMPAIGN_ADMINISTRATOR)
"""The campaign's administrator reads what was done in the own campaigns."""
AUTHORISE_ERASURE = (Role.TECHNICAL_AREA,)
EXECUTE_ERASURE = (Role.PROVIDER_OPERATIONS,)
EDIT_CONTENT = (Role.CAMPAIGN_ADMINISTRATOR, Role.PROVIDER_OPERATIONS)
"""The provider's operation proposes: its changes always wait for the institution (`admin.content_rules`)."""
APPROVE_FOR_INSTITUTION = (Role.CAMPAIGN_ADMINISTRATOR, Role.TECHNICAL_AREA, Role.INSTITUTION_APPROVER)
APPROVE_FOR_PROVIDER = (Role.PROVIDER_APPROVER, Role.PROVIDER_OPERATIONS)
SEE_CONTENT = (
    Role.CAMPAIGN_ADMINISTRATOR, Role.TECHNICAL_AREA, Role.INSTITUTION_APPROVER, Role.PROVIDER_APPROVER,
    Role.PROVIDER_OPERATIONS, Role.SUPERVISOR, Role.AUDITOR,
)  # fmt: skip
