"""What a module may be called, and what follows from its name."""

import pytest

from saas.core.errors import Invalid
from saas.scaffold.names import names_of


@pytest.mark.parametrize(
    ("name", "singular"),
    [
        ("shipments", "shipment"),
        ("purchase_orders", "purchase_order"),
        ("companies", "company"),
        ("boxes", "box"),
        ("addresses", "address"),
        ("dishes", "dish"),
        ("branches", "branch"),
    ],
)
def test_one_of_them_is_called_by_leaving_out_the_s(name, singular):
    assert names_of(name).singular == singular


def test_an_irregular_word_needs_its_singular():
    assert names_of("people", singular="person").words["Class"] == "Person"
    for name in ("people", "status", "analysis", "glass", "shipment"):
        with pytest.raises(Invalid, match="--singular"):
            names_of(name)


def test_labels_follow_from_the_name_or_are_given():
    assert names_of("purchase_orders").words == {
        "name": "purchase_orders",
        "singular": "purchase_order",
        "path": "purchase-orders",
        "Class": "PurchaseOrder",
        "Label": "Purchase orders",
        "labels": "purchase orders",
        "label": "purchase order",
    }
    assert names_of("shipments", label="Bills").words["labels"] == "bills"
    assert names_of("reports", label="SLA reports").words["labels"] == "SLA reports"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Shipments",
        "2s",
        "in voices",
        "in-voices",
        "_shipments",
        "shipments_",
        "in__voices",
        "x" * 20 + "s",
        "../evils",
        "ïs",
    ],
)
def test_a_name_that_is_no_name_is_refused(name):
    with pytest.raises(Invalid, match="cannot be used"):
        names_of(name)


@pytest.mark.parametrize(
    ("name", "singular"),
    [
        ("users", None),
        ("records", None),
        ("targets", None),
        ("settings", None),
        ("forms", None),
        ("lists", None),
        ("classes", "class"),
        ("news", "news"),
    ],
)
def test_a_name_that_would_clash_is_refused(name, singular):
    with pytest.raises(Invalid):
        names_of(name, singular=singular)


@pytest.mark.parametrize("label", ["", '"); import os', "{{ 1 }}", "a\nb", "$name", "x" * 41])
def test_a_label_cannot_smuggle_code(label):
    with pytest.raises(Invalid):
        names_of("shipments", label=label or " ")
