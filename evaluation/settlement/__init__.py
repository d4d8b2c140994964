"""Settlement: what the contract pays for each interaction of a virtual agent, a pure function of its input.

Read in this order: `interaction` (what comes in), `policy` (what the two parties agreed where the contract is
silent), `rules` (why a folio is paid), `lines` and `totals` (how much), `statement` (all of it, in memory). Then
`reader`, `spool` and `streaming`, which do the same for a source of any size; `formats`, `spreadsheet` and
`document` (what goes out); `approvals` (the two parties); `versions` and `difference` (what changed later).
"""
