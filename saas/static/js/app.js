// Progressive enhancement only: every page works without this file. Listeners sit on the document, so that
// they also serve what htmx brings in later.
"use strict";

(() => {
  const root = document.documentElement;

  const closest = (event, selector) => (event.target instanceof Element ? event.target.closest(selector) : null);
  const onClick = (selector, act) =>
    document.addEventListener("click", (event) => {
      const found = closest(event, selector);
      if (found) act(found, event);
    });

  // Role "button" on a link: the space bar presses it, as it does a button.
  document.addEventListener("keydown", (event) => {
    const link = event.key === " " ? closest(event, 'a[role="button"]') : null;
    if (!link) return;
    event.preventDefault();
    link.click();
  });

  // Menus: one open at a time; Escape and a click elsewhere close it.
  const closeMenus = (except) => {
    for (const menu of document.querySelectorAll("details[data-menu][open]")) {
      if (menu !== except && !(except && menu.contains(except))) menu.open = false;
    }
  };
  document.addEventListener("click", (event) => closeMenus(closest(event, "details[data-menu]")));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.querySelector("details[data-menu][open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
    closeDrawer();
  });

  // A menu that would be cut off, by a table that scrolls sideways or by the edge of the window, floats beside its button.
  const placeFloating = (menu) => {
    const button = menu.querySelector("summary").getBoundingClientRect();
    const panel = menu.querySelector(".menu-panel");
    menu.classList.add("is-floating");
    const below = button.bottom + 6 + panel.offsetHeight < innerHeight;
    panel.style.left = `${Math.max(8, Math.min(button.right - panel.offsetWidth, innerWidth - panel.offsetWidth - 8))}px`;
    panel.style.top = `${below ? button.bottom + 6 : Math.max(8, button.top - 6 - panel.offsetHeight)}px`;
  };
  document.addEventListener("toggle", (event) => {
    const menu = event.target;
    if (!(menu instanceof HTMLDetailsElement) || !menu.open || !menu.matches("[data-menu]")) return;
    const panel = menu.querySelector(".menu-panel").getBoundingClientRect();
    if (menu.closest(".table-wrap") || panel.right > innerWidth || panel.left < 0) placeFloating(menu);
  }, true);
  for (const what of ["scroll", "resize"]) {
    addEventListener(what, () => {
      document.querySelectorAll("details.is-floating[open]").forEach(placeFloating);
    }, { capture: true, passive: true });
  }

  // Drawer: the menu on a phone.
  let drawerOpener = null;
  const openDrawer = (opener) => {
    const drawer = document.querySelector("[data-drawer]");
    drawerOpener = opener;
    drawer.classList.add("is-open");
    document.querySelector(".shell-main").inert = true;
    drawer.querySelector("[data-drawer-close]").focus();
  };
  function closeDrawer() {
    const drawer = document.querySelector("[data-drawer].is-open");
    if (!drawer) return;
    drawer.classList.remove("is-open");
    document.querySelector(".shell-main").inert = false;
    drawerOpener?.focus();
  }
  onClick("[data-drawer-open]", (opener, event) => { event.preventDefault(); openDrawer(opener); });
  onClick("[data-drawer-close]", (_, event) => { event.preventDefault(); closeDrawer(); });

  // Dialogs.
  onClick("[data-dialog]", (opener, event) => {
    const dialog = document.getElementById(opener.dataset.dialog);
    if (!(dialog instanceof HTMLDialogElement)) return;
    event.preventDefault();
    closeMenus(null);
    armTyped(dialog);
    dialog.showModal();
  });
  onClick("[data-close]", (button, event) => {
    event.preventDefault();
    const dialog = button.closest("dialog");
    if (dialog.open) dialog.close();
    else location.hash = "_";
  });
  document.addEventListener("click", (event) => {
    if (event.target instanceof HTMLDialogElement && event.target.open) event.target.close();
  });
  const armTyped = (dialog) => {
    const box = dialog.querySelector("[data-typed]");
    if (!box) return;
    const submit = dialog.querySelector('button[type="submit"]');
    submit.disabled = box.value.trim() !== box.dataset.typed;
  };
  document.addEventListener("input", (event) => {
    const box = closest(event, "[data-typed]");
    if (box) armTyped(box.closest("dialog"));
  });

  // Copy.
  const write = (text) => {
    if (navigator.clipboard) return navigator.clipboard.writeText(text);
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "visually-hidden";
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    return Promise.resolve();
  };
  const copyText = async (text, button) => {
    if (button.classList.contains("is-copied")) return;
    await write(text);
    const label = button.querySelector("[data-copy-label]");
    button.classList.add("is-copied");
    const use = button.querySelector("use");
    const before = { label: label?.textContent, href: use?.getAttribute("href") };
    if (label) label.textContent = "Copied";
    use?.setAttribute("href", before.href.replace(/#.*/, "#check"));
    announce("Copied");
    setTimeout(() => {
      button.classList.remove("is-copied");
      if (label) label.textContent = before.label;
      use?.setAttribute("href", before.href);
    }, 1600);
  };
  onClick("[data-copy-text]", (button) => copyText(button.dataset.copyText, button));
  onClick("[data-copy]", (button) => {
    const source = document.getElementById(button.dataset.copy);
    copyText(source.value ?? source.textContent, button);
  });

  // What a screen reader should hear without the focus moving.
  let voice = null;
  const announce = (text) => {
    if (!voice) {
      voice = document.createElement("p");
      voice.className = "visually-hidden";
      voice.setAttribute("role", "status");
      document.body.append(voice);
    }
    voice.textContent = text;
  };

  // Passwords: show and hide, and a hint about strength.
  onClick("[data-reveal]", (button) => {
    const input = button.closest("[data-password]").querySelector("input");
    const show = input.type === "password";
    input.type = show ? "text" : "password";
    button.setAttribute("aria-pressed", String(show));
    const use = button.querySelector("use");
    use.setAttribute("href", use.getAttribute("href").replace(/#.*/, show ? "#eye-off" : "#eye"));
  });
  const strengthOf = (text, least) => {
    const different = new Set(text.toLowerCase()).size;
    if (!text) return [0, ""];
    if (text.length < least) return [1, `${least - text.length} more to go`];
    if (different < 6) return [1, "Too few different characters"];
    if (text.length < least + 4 || different < 9) return [2, "Good enough"];
    return text.length < least + 8 ? [3, "Good"] : [4, "Strong"];
  };
  document.addEventListener("input", (event) => {
    const meter = event.target.id && document.querySelector(`[data-strength="${CSS.escape(event.target.id)}"]`);
    if (!meter) return;
    const [level, words] = strengthOf(event.target.value, Number(meter.dataset.least));
    const bar = meter.querySelector("progress");
    bar.value = level;
    bar.className = `progress progress-${["neutral", "danger", "warning", "primary", "success"][level]}`;
    meter.querySelector("[data-strength-text]").textContent = words;
  });

  // Messages.
  const dismiss = (flash) => {
    flash.classList.add("flash-leaving");
    flash.addEventListener("transitionend", () => flash.remove(), { once: true });
    setTimeout(() => flash.remove(), 400);
  };
  onClick("[data-dismiss]", (button) => dismiss(button.closest("[data-flash]")));

  const complain = (text) => {
    const place = document.getElementById("flashes");
    if (!place) return announce(text);
    const flash = document.createElement("div");
    flash.className = "flash flash-error";
    flash.setAttribute("role", "alert");
    flash.dataset.flash = "error";
    const words = document.createElement("p");
    words.textContent = text;
    flash.append(words);
    place.replaceChildren(flash);
    flash.scrollIntoView({ block: "nearest" });
  };
  document.addEventListener("htmx:sendError", () => complain("The server could not be reached. Please check your connection and try again."));
  document.addEventListener("htmx:responseError", (event) => {
    const status = event.detail.xhr.status;
    if (status === 401) location.reload();
    else if (status === 429) complain("That was a little too fast. Please wait a moment and try again.");
    else complain("That did not work. Please reload the page and try again.");
  });

  // Filters of a list, which a phone folds away.
  onClick("[data-fold]", (button) => button.setAttribute("aria-expanded", String(button.getAttribute("aria-expanded") !== "true")));

  // What scrolls sideways shows at which edge there is more of it.
  const tellMore = (box) => {
    const after = box.scrollWidth - box.clientWidth - box.scrollLeft > 4;
    const where = box.scrollLeft > 4 ? (after ? "both" : "start") : after ? "end" : "";
    if (where) box.dataset.more = where;
    else box.removeAttribute("data-more");
  };
  const SCROLLS = ".table-wrap, .tabs";
  const tellAll = () => document.querySelectorAll(SCROLLS).forEach(tellMore);
  document.addEventListener("scroll", ({ target }) => {
    if (target instanceof Element && target.matches(SCROLLS)) tellMore(target);
  }, { capture: true, passive: true });
  addEventListener("resize", tellAll, { passive: true });
  document.addEventListener("htmx:afterSettle", tellAll);
  addEventListener("load", () => {
    for (const here of document.querySelectorAll(".tabs [aria-current]")) {
      const tabs = here.closest(".tabs");
      tabs.scrollLeft = here.getBoundingClientRect().right - tabs.getBoundingClientRect().right;
    }
    tellAll();
  });

  // A form is sent once: a second click while the answer is on its way does nothing. htmx sees to its own.
  const SENT = "data-sent";
  const release = (form) => {
    form.removeAttribute(SENT);
    for (const button of form.querySelectorAll("button[aria-disabled]")) button.removeAttribute("aria-disabled");
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.getAttribute("method") !== "post" || form.matches("[data-theme-switch], [hx-post]")) return;
    if (form.hasAttribute(SENT)) return event.preventDefault();
    form.setAttribute(SENT, "");
    event.submitter?.setAttribute("aria-disabled", "true");
    setTimeout(release, 8000, form);
  });
  addEventListener("pageshow", () => document.querySelectorAll(`[${SENT}]`).forEach(release));

  // Theme: the server remembers, the page changes at once.
  document.addEventListener("submit", async (event) => {
    const form = closest(event, "[data-theme-switch]");
    if (!form || !event.submitter) return;
    event.preventDefault();
    const theme = event.submitter.value;
    root.dataset.theme = theme;
    for (const button of document.querySelectorAll("[data-theme-switch] button")) {
      button.setAttribute("aria-pressed", String(button.value === theme));
    }
    const body = new URLSearchParams(new FormData(form, event.submitter));
    const answer = await fetch(form.action, { method: "POST", body, redirect: "manual" }).catch(() => null);
    if (answer && !answer.ok && answer.type !== "opaqueredirect") complain("The theme could not be saved.");
  });

  // Tables: a row leads where its first link leads; a selection shows its bar.
  onClick("tr[data-href]", (row, event) => {
    if (closest(event, "a, button, input, select, label, summary, details") || String(getSelection())) return;
    if (event.metaKey || event.ctrlKey) window.open(row.dataset.href, "_blank", "noopener");
    else location.assign(row.dataset.href);
  });
  const showSelection = (table) => {
    const boxes = [...table.querySelectorAll("[data-bulk-one]")];
    const chosen = boxes.filter((box) => box.checked).length;
    const all = table.querySelector("[data-bulk-all]");
    all.checked = chosen > 0 && chosen === boxes.length;
    all.indeterminate = chosen > 0 && chosen < boxes.length;
    const bar = boxes.length ? boxes[0].form : null;
    if (!bar) return;
    bar.classList.toggle("is-active", chosen > 0);
    bar.querySelector("[data-bulk-count]").textContent = String(chosen);
  };
  document.addEventListener("change", (event) => {
    const table = closest(event, "table[data-bulk]");
    if (!table) return;
    if (event.target.matches("[data-bulk-all]")) {
      for (const box of table.querySelectorAll("[data-bulk-one]")) box.checked = event.target.checked;
    }
    showSelection(table);
  });

  // A proposal that arrives late does not replace what somebody typed meanwhile.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const place = event.detail.target;
    if (place.hasAttribute("data-unless-typed") && place.querySelector("input").value) event.detail.shouldSwap = false;
  });
  // One that arrives while the field has the focus is selected, as if it had been there before: typing replaces it.
  document.addEventListener("htmx:afterSettle", (event) => {
    const box = document.activeElement;
    if (event.detail.target.hasAttribute("data-unless-typed") && box.closest("[data-unless-typed]")) box.select?.();
  });

  // "/" goes to the search box, as on most pages with one.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.metaKey || event.ctrlKey || closest(event, "input, textarea, select")) return;
    const search = document.querySelector("[data-search]");
    if (!search) return;
    event.preventDefault();
    search.focus();
    search.select();
  });

  // Charts: the values under the pointer. Position is set through the object model, which the policy allows.
  const row = (mark) => {
    const line = document.createElement("span");
    line.className = `chart-tip-row series-${mark.dataset.slot}`;
    const key = document.createElement("span");
    key.className = "legend-key";
    const value = document.createElement("span");
    value.className = "chart-tip-value";
    value.textContent = mark.dataset.value;
    line.append(key, mark.dataset.name, value);
    return line;
  };
  const hideTip = () => document.querySelector(".chart-tip")?.remove();
  document.addEventListener("pointermove", (event) => {
    const column = closest(event, ".chart-column");
    if (!column) return hideTip();
    const grid = column.closest("[data-chart]");
    let tip = grid.querySelector(".chart-tip");
    if (!tip) {
      hideTip();
      tip = document.createElement("div");
      tip.className = "chart-tip";
      grid.append(tip);
    }
    const hit = column.querySelector(".chart-hit");
    const label = document.createElement("span");
    label.className = "chart-tip-label";
    label.textContent = hit.dataset.label;
    tip.replaceChildren(label, ...[...column.querySelectorAll("desc")].map(row));
    const box = grid.getBoundingClientRect();
    const x = event.clientX - box.left;
    const left = x + 16 + tip.offsetWidth > box.width ? x - 16 - tip.offsetWidth : x + 16;
    tip.style.transform = `translate(${Math.max(left, 0)}px, ${Math.max(event.clientY - box.top - tip.offsetHeight - 8, 0)}px)`;
  });

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelector("[data-autofocus]")?.focus();
    const target = location.hash.length > 1 ? document.getElementById(location.hash.slice(1)) : null;
    if (target instanceof HTMLDialogElement) target.showModal();
  });
})();
