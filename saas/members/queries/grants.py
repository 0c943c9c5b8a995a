"""What somebody can give to others one by one."""

from saas.core.actor import Actor
from saas.members.queries.roles import Section, permission_sections


def givable_permissions(actor: Actor) -> list[Section]:
    """The permissions that the actor holds everywhere, and those held in teams only if they can be given there; by module."""
    sections = [
        Section(
            section.label, [p for p in section.permissions if actor.can(p) or (p.in_teams and actor.can_somewhere(p))]
        )
        for section in permission_sections()
    ]
    return [section for section in sections if section.permissions]
