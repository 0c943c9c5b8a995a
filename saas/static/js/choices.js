// A long list of checkboxes gets a field that filters it. What is chosen stays in sight, so that nothing is sent unseen;
// without this file the list merely scrolls.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  for (const box of document.querySelectorAll("[data-filtered]")) {
    const list = box.querySelector(".choices");
    const choices = [...list.querySelectorAll(".choice")].map((choice) => ({
      choice,
      text: choice.textContent.toLocaleLowerCase(),
      input: choice.querySelector("input"),
    }));
    const field = document.createElement("input");
    field.type = "search";
    field.className = "input choices-filter";
    field.autocomplete = "off";
    field.placeholder = box.dataset.filtered;
    field.setAttribute("aria-label", box.dataset.filtered);
    const told = document.createElement("p");
    told.className = "hint";
    told.setAttribute("role", "status");

    const filter = () => {
      const words = field.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      let chosen = 0;
      for (const { choice, text, input } of choices) {
        const fits = words.every((word) => text.includes(word));
        choice.hidden = !fits && !input.checked;
        shown += fits;
        chosen += input.checked;
      }
      told.textContent = `${words.length ? `${shown} of ${choices.length} found` : `${choices.length} in all`}, ${chosen} chosen`;
    };
    field.addEventListener("input", filter);
    // Enter would send the form.
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") event.preventDefault();
    });
    list.addEventListener("change", filter);
    list.before(field, told);
    filter();
  }
});
