/* The colour wells beside the fields for colours: each follows the other. */
"use strict";
document.querySelectorAll("[data-colour-of]").forEach((well) => {
  const field = document.getElementById(well.dataset.colourOf);
  const follow = () => {
    well.classList.toggle("colour-none", field.value.trim() === "");
    const found = /^#?([0-9a-f]{6}|[0-9a-f]{3})$/i.exec(field.value.trim());
    if (!found) return;
    const digits = found[1].length === 3 ? found[1].replace(/./g, "$&$&") : found[1];
    well.value = `#${digits.toLowerCase()}`;
  };
  field.addEventListener("input", follow);
  well.addEventListener("input", () => {
    field.value = well.value;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  });
  follow();
});
