"""Renders: what the feature declares."""

from saas.core.module import EVERYONE, MEMBERS, AuditEvent, Milestone, Module, NavItem, Permission

VIEW = Permission("renders.view", "See the gallery", EVERYONE, "All images, speech and films, and how each was made.")
MAKE = Permission(
    "renders.make", "Make images, speech and films", MEMBERS, "Order work, which counts towards the plan."
)
PUBLISH = Permission("renders.publish", "Publish films", MEMBERS, "Publish films that are ready to YouTube.")
DELETE = Permission("renders.delete", "Delete from the gallery", sentence="Delete images, speech and films for good.")

ORDERED = AuditEvent("renders.render.ordered", "ordered {target}")
FINISHED = AuditEvent("renders.render.finished", "finished {target}")
PUBLISHED = AuditEvent("renders.render.published", "published {target} to YouTube")
DELETED = AuditEvent("renders.render.deleted", "deleted {target}")

FIRST_RENDER = Milestone(
    "renders.first_render",
    "Your first piece is in the gallery",
    "Images, speech and films all end up in the same place: make the next one, or show this one to somebody.",
    "/renders",
    "Open the gallery",
)

module = Module(
    "renders",
    label="Gallery",
    permissions=(VIEW, MAKE, PUBLISH, DELETE),
    events=(ORDERED, FINISHED, PUBLISHED, DELETED),
    milestones=(FIRST_RENDER,),
    navigation=(NavItem("Gallery", "renders.index", "photo", VIEW, order=15),),
    meters=("images", "tts_seconds", "render_minutes", "storage"),
    features=("rendering_4k", "youtube"),
    sentence="Images, speech and films from a few words, kept in a gallery of your own.",
)
