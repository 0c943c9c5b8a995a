"""The design tokens that ``var()`` may name, by what they hold."""

COLOURS = frozenset(
    [
        *("background", "foreground", "card", "card-foreground", "popover", "popover-foreground"),
        *("primary", "primary-foreground", "primary-hover", "primary-border", "link", "ring", "focus"),
        *("secondary", "secondary-foreground", "muted", "muted-foreground", "accent", "accent-foreground"),
        *("destructive", "destructive-foreground", "destructive-hover", "success", "warning", "info"),
        *("border", "input", "sidebar", "hover", "pressed"),
        *(f"chart-{number}" for number in range(1, 7)),
    ]
)
TRANSLUCENT = frozenset({"hover", "pressed", "focus"})
"""The colours through which the ground can be seen."""
LENGTHS = frozenset(
    [
        *("radius", "radius-sm", "radius-md", "radius-lg", "inset", "inset-block", "gutter", "control"),
        *(f"space-{step}" for step in (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 24)),
        *(f"text-{size}" for size in ("xs", "sm", "base", "md", "lg", "xl", "2xl", "3xl", "4xl", "5xl")),
    ]
)
SHADOWS = frozenset({"shadow-sm", "shadow", "shadow-lg"})
FONTS = frozenset({"font-sans", "font-mono"})
PACES = frozenset({"quick", "calm"})

KINDS = {
    name: kind
    for kind, names in (
        ("colour", COLOURS),
        ("length", LENGTHS),
        ("shadow", SHADOWS),
        ("family", FONTS),
        ("pace", PACES),
    )
    for name in names
}
"""What a token can stand for, by its name without the two hyphens."""
