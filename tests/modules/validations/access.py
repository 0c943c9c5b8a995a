"""Validations in the access table: the rows of their endpoints, and how the objects in their addresses are made."""

from saas.modules.validations.checking import check_text
from saas.modules.validations.models import CustomGate, Validation
from saas.tenancy.scope import tenant_work
from tests.house.objects import Objects, makes

ROWS = """
validations.again GET validations.run 200
validations.analytics GET validations.view 200
validations.delete POST validations.delete 303
validations.delete_gate POST validations.gates 303
validations.edit_gate GET validations.gates 200
validations.edit_gate POST validations.gates 303
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
    """A document as one is kept; an organisation that is suspended could not have it checked."""
    words = "Hidden words about the vault."
    with tenant_work(objects.organisation) as session:
        made = Validation(title="Secret plan", document_type="other", text=words, result="fail", gates=1, failures=1)
        made.rule_sets, made.failed, made.duration_ms = {"fca_uk": False}, {"fca_uk.risk_warning": "Risk warning"}, 1
        made.results = check_text(words, ["fca_uk"])
        session.add(made)
        session.flush()
        return str(made.id)


@makes("gate_id")
def gate(objects: Objects) -> str:
    with tenant_work(objects.organisation) as session:
        made = CustomGate(label="Secret gate", kind="must_not", phrase="vault", severity="high", mend="Whisper it.")
        session.add(made)
        session.flush()
        return str(made.id)
