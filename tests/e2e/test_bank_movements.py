"""The main job on real input: a bank's credits, paid in over three datacenters, end with the right sums at all three."""
import os
import pathlib

import pytest

import bank_movements
from geobill_stack import ROOT

SMALL = pathlib.Path(__file__).with_name("movements-small.csv")
REAL = pathlib.Path(os.environ.get("GEOBILL_BANK_MOVEMENTS", ROOT.parent / "shared" / "data" / "bank-movements.csv"))


def test_small_file(stack):
    assert bank_movements.run(stack, SMALL)


@pytest.mark.skipif(not REAL.exists(), reason=f"no bank movements at {REAL}; set GEOBILL_BANK_MOVEMENTS")
def test_every_credit_of_a_real_bank(stack):
    rows = bank_movements.read_credits(REAL)
    assert len(rows) > 1000
    assert bank_movements.run(stack, REAL)
    assert bank_movements.run(stack, REAL), "the same again books nothing twice"
    stack.verify_at_rest()
