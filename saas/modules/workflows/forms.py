"""The form of a workflow: its fields, and its steps, which can be added, moved and removed without a script."""

from collections.abc import Iterable, Iterator
from typing import Any, Self

from flask import request
from wtforms import Field, FieldList, Form, FormField, HiddenField, SelectField, TextAreaField
from wtforms.validators import AnyOf, DataRequired, Length, ValidationError

from saas.modules.workflows.kinds import KINDS, LONGEST_SETTING, SETTINGS, Setting
from saas.modules.workflows.models import DESCRIPTION_LENGTH, MOST_STEPS, NAME_LENGTH, Status, Workflow
from saas.modules.workflows.operations import Draft, StepDraft
from saas.web.forms import BaseForm, Line, readable

_MOVES = {"up": -1, "down": 1}
STATUSES = {str(status): status.capitalize() for status in Status}
_NAME = (DataRequired("This is needed."), Length(max=NAME_LENGTH, message=f"Use at most {NAME_LENGTH} characters."))


def _tidy(text: str | None) -> str | None:
    return text.replace("\r\n", "\n").strip() if text else text


def _field(setting: Setting) -> Field:
    def check(_form: Form, field: Field) -> None:
        if fault := setting.fault(field.data or ""):
            raise ValidationError(fault)

    if setting.choices:
        return SelectField(setting.label, choices=dict(setting.choices))
    hints = {"placeholder": setting.example, "maxlength": LONGEST_SETTING}
    if setting.lines:
        return TextAreaField(setting.label, [readable, check], filters=[_tidy], render_kw=hints)
    return Line(setting.label, [check], render_kw=hints)


class StepForm(BaseForm):
    """One step; of the settings, it has those that its kind asks for."""

    kind = HiddenField("Kind", [AnyOf(KINDS, message="There is no such kind of step.")])
    name = Line("Step name", _NAME)

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        for setting in SETTINGS.keys() - {setting.name for setting in self._settings()}:
            del self[setting]

    def _settings(self) -> Iterable[Setting]:
        kind = KINDS.get(self.kind.data or "")
        return kind.settings if kind else ()

    def draft(self) -> StepDraft:
        """The step as the operations take it."""
        settings = {setting.name: self[setting.name].data or "" for setting in self._settings()}
        return StepDraft(self.kind.data or "", self.name.data or "", settings)


# StepForm.url, StepForm.prompt and so on.
for _setting in SETTINGS.values():
    setattr(StepForm, _setting.name, _field(_setting))


class Steps(FieldList):  # type: ignore[type-arg]  # generic in the stubs only
    """The steps in the order of their numbers; what is not a small number is no step."""

    def _extract_indices(self, prefix: str, formdata: Iterable[str]) -> Iterator[int]:
        for name in formdata:
            number = name.removeprefix(f"{prefix}-").partition("-")[0]
            if name.startswith(f"{prefix}-") and number.isascii() and number.isdigit() and len(number) <= 2:
                yield int(number)


class WorkflowForm(BaseForm):
    """A workflow with its steps; ``version`` is that of the workflow being edited."""

    version = HiddenField("Version")
    name = Line("Name", _NAME, render_kw={"maxlength": NAME_LENGTH})
    description = TextAreaField(
        "Description",
        [readable, Length(max=DESCRIPTION_LENGTH, message=f"Use at most {DESCRIPTION_LENGTH} characters.")],
        filters=[_tidy],
        render_kw={"maxlength": DESCRIPTION_LENGTH},
    )
    status = SelectField("Status", choices=STATUSES)
    steps = Steps(FormField(StepForm))

    @classmethod
    def of(cls, workflow: Workflow) -> Self:
        """The form as it was sent, else as the workflow stands."""
        return cls.of_request(
            version="" if request.method == "POST" else workflow.version,
            name=workflow.name,
            description=workflow.description,
            status=workflow.status,
            steps=[{"kind": step.kind, "name": step.name, **step.settings} for step in workflow.steps],
        )

    def overtaken(self, message: str, workflow: Workflow) -> None:
        """Say that the workflow was changed meanwhile; sent once more, what was typed takes the place of that change."""
        self.form_errors.append(message)
        self.version.data = workflow.version

    def __iter__(self) -> Iterator[Field]:
        """Every field that can be filled in, those of the steps too."""
        yield from (self.name, self.description, self.status)
        for step in self.steps:
            yield from step.form

    def rearranged(self) -> Self | None:
        """The form with a step added, moved or removed, when the button for that was pressed."""
        verb, _, what = request.form.get("do", "").partition(":")
        steps = self.steps.data
        if verb == "add" and what in KINDS and len(steps) < MOST_STEPS:
            steps.append({"kind": what, "name": KINDS[what].label})
        elif verb in (*_MOVES, "remove") and what in map(str, range(len(steps))):
            step = steps.pop(int(what))
            if verb in _MOVES:
                steps.insert(max(0, int(what) + _MOVES[verb]), step)
        else:
            return None
        return type(self)(data={**self.data, "steps": steps})

    def draft(self) -> Draft:
        """The workflow as the operations take it."""
        steps = [step.form.draft() for step in self.steps]
        return Draft(self.name.data or "", self.description.data or "", self.status.data, steps)
