// A page under one brand after the other, without loading it again.
//
// Two texts are of one kind when they take the same colours under every brand. Under a sheet in which each token has a colour
// that no other has, they are those whose own colour, and all that lies below it, look the same, by day and by night.
(() => {
  const MODES = ["light", "dark"];
  const CLEAR = /^(transparent|rgba\(0, 0, 0, 0\))$/;
  const OPAQUE = /^(rgb\(|(oklab|color)\([^/]*\)$)/;
  const FIELDS = "select, textarea, input:is([type=text], [type=email], [type=password], [type=search], [type=url], [type=number])";
  const IDLE = ":disabled, [aria-disabled=true]";

  const worn = new CSSStyleSheet();
  const still = new CSSStyleSheet();
  still.replaceSync("*, ::before, ::after { transition: none !important; animation: none !important; }");
  document.adoptedStyleSheets = [worn, still];
  addEventListener("toggle", (event) => event.stopImmediatePropagation(), true);

  const wear = (sheet, mode) => {
    worn.replaceSync(sheet);
    document.documentElement.dataset.theme = mode;
  };

  const below = (element) => {
    const layers = [];
    let covered = false;
    for (let one = element; one; one = one.parentElement) {
      const { backgroundColor, backgroundImage, opacity } = getComputedStyle(one);
      if (opacity !== "1") layers.push(`opacity ${opacity}`);
      if (covered) continue;
      if (backgroundImage !== "none") layers.push(backgroundImage);
      if (!CLEAR.test(backgroundColor)) layers.push(backgroundColor);
      covered = OPAQUE.test(backgroundColor);
    }
    return layers.join(", ");
  };

  const kind = (element) => {
    const { color, fontSize, fontWeight, textDecorationLine } = getComputedStyle(element);
    const around = element.localName === "a" ? getComputedStyle(element.parentElement).color : "";
    const idle = Boolean(element.closest(IDLE) || element.closest("label")?.control?.matches(IDLE));
    return [color, fontSize, fontWeight, textDecorationLine, around, idle, below(element)].join("; ");
  };

  const isText = (element) => {
    const { width, height } = element.getBoundingClientRect();
    const writes = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim().length > 1);
    return (writes || element.matches(FIELDS)) && width > 2 && height > 2 && element.checkVisibility();
  };

  const kindsOf = (texts, probe) => {
    const found = texts.map(() => []);
    for (const mode of MODES) {
      wear(probe, mode);
      texts.forEach((text, at) => found[at].push(kind(text)));
    }
    return new Map(texts.map((text, at) => [text, found[at].join(" | ")]));
  };

  const removeAllBut = (staying, element) => {
    const inside = [...element.querySelectorAll(":scope > *")].map((child) => removeAllBut(staying, child)).some(Boolean);
    const stays = inside || staying.has(element);
    if (!stays && element !== document.body) element.replaceWith();
    return stays;
  };

  let kinds = new Map();

  window.brands = {
    wear,

    // Unfold what a click would show; then leave one text of each kind that is not among those seen, or all texts with
    // `whole`. Answers with the kinds that are left, each with its element.
    leave(seen, whole, probe) {
      for (const one of document.querySelectorAll("details, dialog")) one.open = true;
      const known = new Set(seen);
      const staying = new Set();
      for (const [text, own] of kindsOf([...document.body.querySelectorAll("*")].filter(isText), probe)) {
        if (!known.has(own)) staying.add(text);
        if (!whole) known.add(own);
      }
      if (!whole) removeAllBut(staying, document.body);
      kinds = kindsOf([...staying], probe);
      return [...kinds].map(([text, own]) => [own, text.outerHTML.slice(0, 160)]);
    },

    // The kinds that axe comes to a judgement of; the texts that it does not judge go, unless `whole` is asked for.
    async judged(rules, whole) {
      const { passes, violations } = await axe.run(document, { ...rules, resultTypes: ["passes", "violations"], elementRef: true });
      const elements = [...passes, ...violations].flatMap(({ nodes }) => nodes.map(({ element }) => element));
      const texts = new Set(elements.filter((element) => kinds.has(element)));
      if (!whole) removeAllBut(texts, document.body);
      return [...new Set([...texts].map((text) => kinds.get(text)))];
    },

    // What axe finds under each brand in each mode: [brand, mode, rule, element, front, ground, ratio, needed].
    async measure(brands) {
      const found = [];
      for (const [name, sheet, rules] of brands)
        for (const mode of MODES) {
          wear(sheet, mode);
          const { violations } = await axe.run(document, rules);
          for (const { id, nodes } of violations)
            for (const { html, any } of nodes) {
              const { fgColor, bgColor, contrastRatio, expectedContrastRatio } = any[0]?.data ?? {};
              found.push([name, mode, id, html.slice(0, 160), fgColor, bgColor, contrastRatio, expectedContrastRatio]);
            }
        }
      return found;
    },
  };
})();
