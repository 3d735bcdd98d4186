"""What `make bench` times; the figures are its own."""

from benchmarks.cases import GROUPS
from benchmarks.peers import COMPILED, WORKS


def test_other_libraries_are_timed_on_every_case():
    names = {group: {n.removesuffix(COMPILED) for n in works} for group, works in WORKS.items()}
    assert names == {group: {*cases} for group, cases in GROUPS.items()}
