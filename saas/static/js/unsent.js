/* A form with data-unsent asks before what was changed in it is lost. Its value "yes" says that the page came with such changes. */
"use strict";
(() => {
  const isChanged = (field) => {
    if (field.type === "hidden" || !field.name) return false;
    if (field.type === "file") return field.files.length > 0;
    if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
    if (field instanceof HTMLSelectElement) {
      const own = [...field.options].filter((option) => option.defaultSelected);
      return field.value !== (own[0] ?? field.options[0])?.value;
    }
    return "defaultValue" in field && field.value !== field.defaultValue;
  };
  const isUnsent = (form) => form.dataset.unsent === "yes" || [...form.elements].some(isChanged);
  let isMeant = false;
  document.addEventListener("submit", (event) => {
    const { target, submitter } = event;
    const leaves = !event.defaultPrevented && !(submitter?.formTarget || target.target);
    if (leaves && target.matches("form[data-unsent]")) isMeant = true;
  });
  document.addEventListener("click", (event) => {
    const opensElsewhere = event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
    if (!opensElsewhere && event.target instanceof Element && event.target.closest("[data-discard]")) isMeant = true;
  });
  addEventListener("pageshow", () => { isMeant = false; });
  addEventListener("beforeunload", (event) => {
    if (!isMeant && [...document.querySelectorAll("form[data-unsent]")].some(isUnsent)) event.preventDefault();
  });
})();
