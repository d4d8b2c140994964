"""The sandbox: a stand-in for the institution's web services, with synthetic people only.

The contract names the institution's systems and their rules but gives no schema; `services.md` §8-§12 is the
contract of this stand-in. It imports no other package of the project, so both sides cannot share a mistake.
"""
