"""A small share of `make fuzz` over the wire, to a server that goes on answering."""

from bench.fuzz.wire import fuzz_wire
from ops.instance import Instance


def test_no_request_is_a_server_error(server: Instance) -> None:
    tally = fuzz_wire("direct", server.inference_url, 150, seed=3)
    assert tally.faults == []
    assert tally.inputs == 150
    assert tally.outcomes["200"] > 10
    assert tally.outcomes["400 invalid_json"] > 10
