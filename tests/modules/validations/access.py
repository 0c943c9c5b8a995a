"""Validations in the access table: the rows of their endpoints, and how the objects in their addresses are made."""

from saas.core.actor import SYSTEM
from saas.modules.validations.operations.gates import GateDraft, create_gate
from saas.modules.validations.operations.validations import Draft, run_validation
from saas.tenancy.scope import tenant_work
from tests.house.objects import Objects, makes

ROWS = """
validations.again GET validations.run 200
validations.analytics GET validations.view 200
validations.delete POST validations.delete 303
validations.delete_gate POST validations.gates 303
validations.edit_gate GET validations.gates 200
validations.edit_gate POST validations.gates 422
validations.export GET validations.view 200
validations.gates GET validations.view 200
validations.index GET validations.view 200
validations.new GET validations.run 200
validations.new POST validations.run 422
validations.new_gate GET validations.gates 200
validations.new_gate POST validations.gates 422
validations.show GET validations.view 200
validations_api.analytics GET validations.view 200
validations_api.create POST validations.run 422
validations_api.index GET validations.view 200
validations_api.show GET validations.view 200
"""


@makes("validation_id")
def validation(objects: Objects) -> str:
    with tenant_work(objects.organisation):
        draft = Draft("Secret plan", "other", "Hidden words about the vault.", ["fca_uk"])
        return str(run_validation(draft, actor=SYSTEM).id)


@makes("gate_id")
def gate(objects: Objects) -> str:
    with tenant_work(objects.organisation):
        return str(create_gate(GateDraft("Secret gate", "must_not", "vault", "high"), actor=SYSTEM).id)
