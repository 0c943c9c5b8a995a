/* Own CSS: the place of a fault or a remark is a link that leads to it in the text, and a text that is too long stays here. */
"use strict";
document.addEventListener("input", ({ target }) => {
  if (target.id !== "custom_css") return;
  const size = new TextEncoder().encode(target.value).length;
  target.setCustomValidity(size > Number(target.dataset.most) ? target.dataset.tooLong : "");
});
document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("a[data-line]") : null;
  if (!link) return;
  event.preventDefault();
  const field = document.getElementById("custom_css");
  const lines = field.value.split("\n");
  const line = Math.min(Number(link.dataset.line), lines.length) - 1;
  // Columns count characters, a text field counts halves of those beyond sixteen bits.
  const before = [...lines[line]].slice(0, Number(link.dataset.column) - 1).join("");
  const at = lines.slice(0, line).reduce((sum, one) => sum + one.length + 1, 0) + before.length;
  field.focus({ preventScroll: true });
  field.setSelectionRange(at, Math.min(at + 1, field.value.length));
  const style = getComputedStyle(field);
  field.scrollTop = Math.max(0, line * parseFloat(style.lineHeight) - field.clientHeight / 2);
  field.scrollLeft = Math.max(0, field.scrollWidth * (before.length / Math.max(1, ...lines.map((one) => one.length))) - field.clientWidth / 2);
  field.scrollIntoView({ block: "center" });
});
