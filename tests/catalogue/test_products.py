"""Whatever a catalogue sells is there: each meter is counted by something that people do, each feature opens something."""

import pytest
from flask import Flask

from saas.catalogue.reading import path_of, read, shipped
from saas.core.runtime import runtime
from saas.members.meters import standing as people
from saas.organisations.policy import NETWORKS
from saas.web.plan import API_FEATURE, API_METER

SERVICES = {"integrations", "source", "reseller", "development", "on_premise"}
"""What people do for a customer, not the software."""
LATER = {"sso"}
"""What is sold already and is not there yet."""


@pytest.mark.parametrize("name", shipped())
def test_every_meter_is_counted_and_every_feature_asked_for(app: Flask, name: str) -> None:
    sold, registry = read(path_of(name)), runtime().registry
    products = registry.products
    platform = {feature for part in registry.features if not part.product for feature in part.module.features}
    offered = [products[module] for module in sold.modules or ()]
    assert offered, "a catalogue names the modules it offers"
    counted = {*people, API_METER, *(meter for module in offered for meter in module.meters)}
    asked = {API_FEATURE, NETWORKS, *platform, *(feature for module in offered for feature in module.features)}
    assert set(sold.meters) - counted <= STORED.get(name, set())
    assert set(sold.features) - asked - SERVICES - LATER == set()


STORED = {"auterity": {"storage"}}
"""Sold by Auterity, while its workflows keep no files yet."""


def test_what_a_module_declares_it_counts(app: Flask) -> None:
    registry = runtime().registry
    declared = {meter for module in registry.products.values() for meter in module.meters}
    assert set(registry.standing) - set(people) <= declared
