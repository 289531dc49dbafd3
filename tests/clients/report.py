"""How the clients' scripts tell what they saw: a line for each call,
`client | call | outcome`, and at the end whether all was as expected."""

import traceback

# Long enough to be cancelled, with nothing but numbers.
DIGITS = "with d(n) as (values (0),(1),(2),(3),(4),(5),(6),(7),(8),(9)) "
LONG = DIGITS + "select sum(a.n) from d a, d b, d c, d e, d f, d g, d h, d i, d j, d k, d l"
failed = []


def does(client, call):
    """Tries a call at once and prints how it ended."""

    def run(function):
        try:
            outcome = function() or "works"
        except Exception:
            traceback.print_exc()
            outcome = "fails"
            failed.append((client, call))
        print(f"{client} | {call} | {outcome}", flush=True)

    return run
